"""`make compose-try`: brings `deploy/compose.yml` up on this machine's engine, trades on it, and takes it down again.

Root alone: it may start an engine, and makes the images that would be pulled from Debian's packages. Minutes.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sys
import time

from docker import DockerClient
from docker.models.containers import Container

from brokers.gateways.docker.names import FLEET as FLEET_LABEL
from brokers.gateways.docker.names import ROLE
from deploy.local import engine
from deploy.local.engine import ROOT
from deploy.local.processes import LocalError, became_true
from deploy.production import wheels
from deploy.trial import deployment, images
from deploy.trial.deployment import FLEET, PARTS, Deployment
from deploy.trial.visit import Api, Visitor

# Seconds.
ENGINE_ANSWER_DEADLINE = 600
TAKEOVER_DEADLINE = 90.0


def main() -> None:
    if shutil.which("docker-compose") is None:
        raise LocalError("docker-compose is missing: python3 deploy/local/install.py --docker --compose installs it.")
    wheels.main()
    with engine.held(ROOT / "var") as url:
        client = DockerClient(base_url=url, timeout=ENGINE_ANSWER_DEADLINE)
        try:
            _try(url, client)
        finally:
            client.close()


def _try(url: str, client: DockerClient) -> None:
    port = _free_port()
    made = images.ready(client, ROOT / "var", _say)
    began = time.monotonic()
    with deployment.running(url, client, made, port=port, say=_say) as deployed:
        deployed.wait_until_healthy()
        _say(f"Healthy: {', '.join(PARTS)}")
        _trade(deployed, f"http://127.0.0.1:{port}")
    _say(f"Nothing of it is left but images. It took {time.monotonic() - began:.0f} s.")


def _trade(deployed: Deployment, site: str) -> None:
    visitor = Visitor(site, "trial")
    visitor.sign_up()
    account = visitor.connect()
    _say(f"{site}: {visitor.name} signed up and connected an account")
    api = Api(site, deployed.compose("exec", "-T", "web", "python", "manage.py", "create_token", "trial", "trial"))
    ready = api.wait_until_ready()
    _say(f"GET /api/v1/accounts: {ready['state']}, {ready['account_codes'][0]}, may trade: {ready['may_trade']}")
    _say(f"The keeper runs for it: {', '.join(_gateways(deployed.client))}")
    visitor.buy(account)
    order = api.wait_until_filled()
    fill = api.items("fills")[0]
    _say(f"GET /api/v1/orders: {order['side']} {order['quantity']} AAPL {order['order_type']}, {order['status']}")
    _say(f"GET /api/v1/fills: {fill['quantity']} at {fill['price']} {fill['currency']}")
    _kill_the_worker(deployed, api)


def _kill_the_worker(deployed: Deployment, api: Api) -> None:
    """Without a farewell: the engine starts it again, and it takes its own gateway over, with a higher fence."""
    gateway, before = _gateway(deployed.client, "gateway").id, _fences(deployed.client)
    worker = deployed.container("worker")
    if worker is None:
        raise LocalError("The worker has no container.")
    os.kill(worker.attrs["State"]["Pid"], signal.SIGKILL)
    if not became_true(lambda: _fences(deployed.client) > before, deadline=TAKEOVER_DEADLINE, every=0.5):
        raise LocalError(f"Nobody took the gateway over within {TAKEOVER_DEADLINE:g} s.")
    api.wait_until_ready()
    kept = "the same gateway" if _gateway(deployed.client, "gateway").id == gateway else "another gateway"
    fences = " and then ".join(str(fence) for fence in sorted(_fences(deployed.client)))
    _say(f"The worker was killed and came back: READY on {kept}, whose relay saw fence {fences}")


def _gateway(client: DockerClient, role: str) -> Container:
    """The one container of that role."""
    labels = [f"{FLEET_LABEL}={FLEET}", f"{ROLE}={role}"]
    return client.containers.list(filters={"label": labels})[0]


def _fences(client: DockerClient) -> set[int]:
    """Those that its relay has let through, or seen."""
    said = _gateway(client, "relay").logs().decode(errors="replace")
    return {int(fence) for fence in re.findall(r"comes with fence (\d+)", said)}


def _gateways(client: DockerClient) -> list[str]:
    found = client.containers.list(filters={"label": f"{FLEET_LABEL}={FLEET}"})
    return sorted(f"a {container.labels[ROLE]} ({container.status})" for container in found)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(f"make compose-try: {error}")
