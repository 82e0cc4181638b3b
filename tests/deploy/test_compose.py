"""The deployment on one machine: what its file gives to whom. That it comes up is tried by `make compose-try`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services import ROOT

DEADLINE = 120
OURS = {"web", "worker", "beat", "keeper", "prepare", "keys"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """As docker-compose reads the file, with nothing set beside its defaults."""
    return read_with({})


def read_with(settings: dict[str, str]) -> dict[str, dict[str, Any]]:
    if shutil.which("docker-compose") is None:
        if os.geteuid() == 0:
            pytest.fail("docker-compose is missing; `make test` installs it")
        pytest.skip("docker-compose is missing, and only root can install it")
    command = ["docker-compose", "--profile", "setup", "-f", "deploy/compose.yml", "config"]
    environment = {"PATH": os.environ["PATH"], **settings}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=DEADLINE)
    assert result.returncode == 0, result.stderr
    read: dict[str, dict[str, Any]] = yaml.safe_load(result.stdout)["services"]
    return read


def test_a_build_is_called_what_whoever_builds_it_says() -> None:
    services = read_with({"GATEHOUSE_VERSION": "4c24391"})
    assert {services[name]["build"]["args"]["VERSION"] for name in OURS} == {"4c24391"}
    assert set(services["relay-image"]["build"]["args"]) == {"BASE"}


def secrets_of(service: dict[str, Any]) -> set[str]:
    return {secret["source"] for secret in service.get("secrets", [])}


def test_what_opens_logins_and_relays_is_the_worker_s_alone(services: dict[str, dict[str, Any]]) -> None:
    holders = {name for name, service in services.items() if secrets_of(service) & {"private.json", "relay.key"}}
    assert holders == {"worker"}
    assert {name for name, service in services.items() if "keys" in str(service.get("volumes"))} == {"keys"}


def test_the_engine_s_socket_is_the_keeper_s_alone(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "docker.sock" in str(service.get("volumes"))} == {"keeper"}


def test_no_image_of_a_gateway_is_taken_by_its_tag_alone(services: dict[str, dict[str, Any]]) -> None:
    assert services["keeper"]["environment"]["GATEHOUSE_GATEWAY_IMAGE_PINNED"] == "1"


def test_every_setting_of_a_session_can_be_given(services: dict[str, dict[str, Any]]) -> None:
    """Of those that ARCHITECTURE.md lists for workers, but for what a trial or the simulator alone needs."""
    listed = {name for name, who in _listed_settings() if "worker" in who or who == "all"}
    given = set(services["worker"]["environment"])
    assert listed - given == {
        "GATEHOUSE_SIMULATOR_ARGUMENTS",
        "GATEHOUSE_VAR",
        "GATEHOUSE_DATABASE_IDLE_SECONDS",
        "GATEHOUSE_VERSION",
    }


def test_every_setting_of_the_web_process_can_be_given(services: dict[str, dict[str, Any]]) -> None:
    listed = {name for name, who in _listed_settings() if "web" in who or who == "all"}
    given = set(services["web"]["environment"])
    assert listed - given == {"GATEHOUSE_VAR", "GATEHOUSE_DATABASE_IDLE_SECONDS", "GATEHOUSE_DATABASE_POOL"}


def _listed_settings() -> list[tuple[str, str]]:
    rows = re.findall(r"^\| (`GATEHOUSE_[^|]*) \| ([^|]*) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    return [(name, who.strip()) for names, who in rows for name in re.findall(r"GATEHOUSE_[A-Z_]+[A-Z]", names)]


def test_nothing_of_ours_may_do_what_it_needn_t(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        assert services[name]["cap_drop"] == ["ALL"], name
        assert services[name]["read_only"] is True, name
        assert services[name]["security_opt"] == ["no-new-privileges"], name
        assert services[name].get("privileged", False) is False, name
    assert {name for name, service in services.items() if service.get("user") == "0:0"} == {"keeper", "keys"}
    assert {name for name in OURS if services[name].get("cap_add")} == {"keys"}


def test_the_worker_stands_with_relays_and_with_nobody_from_outside(services: dict[str, dict[str, Any]]) -> None:
    assert set(services["worker"]["networks"]) == {"data", "relays"}
    assert {name for name, service in services.items() if "front" in (service.get("networks") or {})} == {"web"}


def test_one_port_is_published_and_on_loopback_alone(services: dict[str, dict[str, Any]]) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert published == {"web": ["127.0.0.1:8000:8000/tcp"]}


def test_no_secret_stands_in_an_environment(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for variable, value in (service.get("environment") or {}).items():
            if re.search("SECRET|PASS|KEY", variable) and variable != "GATEHOUSE_KEEPER_SOCKET":
                assert str(value).startswith("/run/secrets/"), variable
    assert "@" not in services["web"]["environment"]["GATEHOUSE_REDIS_URL"]
    assert re.match(r"postgresql://\w+@", services["web"]["environment"]["GATEHOUSE_DATABASE_URL"])


def pins(lock: Path) -> dict[str, str]:
    """Each package with its version, its condition and its hashes."""
    blocks = re.split(r"\n(?=[a-z])", re.sub(r"(?m)^\s*#.*\n", "", lock.read_text()))
    return {block.partition("==")[0]: block.strip() for block in blocks if "==" in block}


def test_the_image_installs_what_the_tests_ran_with() -> None:
    deployed, tested = pins(ROOT / "deploy" / "requirements.lock"), pins(ROOT / "requirements.lock")
    assert "django" in deployed
    assert {name: pin.split()[0] for name, pin in deployed.items()} == {
        name: tested[name].split()[0] for name in deployed
    }
    assert "pytest" not in deployed


def make_keys(folder: Path, *options: str) -> None:
    """As in the image, where nothing is set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    command = [sys.executable, "-m", "deploy.production.keys", str(folder), *options]
    environment |= {"DJANGO_SETTINGS_MODULE": "webapp.settings"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=DEADLINE)


def test_keys_are_made_once_and_for_their_one_reader(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    make_keys(folder)
    names = {"secret-key", "public.json", "private.json", "relay.key", "postgres-password", "pgpass"}
    assert names <= {path.name for path in folder.iterdir()}
    assert {(folder / name).stat().st_mode & 0o777 for name in names} == {0o400}
    if os.geteuid() == 0:
        assert {(folder / name).stat().st_uid for name in names} == {10001}
    password = (folder / "postgres-password").read_text().strip()
    assert (folder / "pgpass").read_text() == f"*:*:gatehouse:gatehouse:{password}\n"
    before = {name: (folder / name).read_bytes() for name in names}
    make_keys(folder)
    assert {name: (folder / name).read_bytes() for name in names} == before


def test_a_rotation_adds_a_key_to_both_keysets_and_leaves_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    make_keys(folder)
    relay_key = (folder / "relay.key").read_bytes()
    make_keys(folder, "--rotate")
    for name in ("public.json", "private.json"):
        assert len(json.loads((folder / name).read_text())["key"]) == 2
        assert (folder / name).stat().st_mode & 0o777 == 0o400
    assert (folder / "relay.key").read_bytes() == relay_key


@pytest.mark.parametrize("part", ["keeper", "beat"])
def test_a_part_that_isn_t_there_is_unwell_with_a_sentence(part: str) -> None:
    command = [sys.executable, "-m", "deploy.production.health", part]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert said.returncode == 1
    assert said.stderr.startswith(f"{part}: ")
    assert "Traceback" not in said.stderr
