"""Tools that others wrote read the API's schema and use it: on the whole running stack, with a simulated broker."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from deploy.local.processes import became_true
from deploy.local.stack import Stack
from deploy.trial.visit import AAPL, Api, Visitor
from tests.e2e.conftest import command_line

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
TOOLS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Program:
    """A token that reads and trades, and an account that is READY."""

    url: str
    token: str
    account_id: str


@pytest.fixture(scope="module")
def program(stack: Stack) -> Program:
    with closing(Visitor(stack.url, f"program-{uuid.uuid4().hex[:8]}")) as visitor:
        visitor.sign_up()
        account_id = visitor.connect()
    token = command_line(stack, "manage.py", "create_token", visitor.name, "e2e", "--scopes", "read", "trade")
    with closing(Api(stack.url, token)) as api:
        api.wait_until_ready()
        # An order is for an instrument that a session has met.
        assert AAPL in [one["con_id"] for one in api.items(f"accounts/{account_id}/instruments?text=AAPL")]
    return Program(stack.url, token, account_id)


@pytest.fixture(scope="module")
def client(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Imports a module of the client that openapi-python-client makes of the schema."""
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yml"
    config.write_text("package_name_override: gatehouse_client\npost_hooks: []\n")
    run(
        *("openapi-python-client", "generate", "--url", f"{program.url}/api/v1/openapi.json", "--meta", "none"),
        *("--config", str(config), "--output-path", str(folder / "gatehouse_client")),
    )
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"gatehouse_client.{name}")
    sys.path.remove(str(folder))


def run(tool: str, *words: str, cwd: Path | None = None, seconds: float = 120) -> str:
    done = subprocess.run([TOOLS / tool, *words], cwd=cwd, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_a_generated_client_places_a_paper_order_and_reads_its_fill(
    program: Program, client: Callable[[str], Any]
) -> None:
    models = client("models")
    order = models.OrderIn(
        client_order_id=uuid.uuid4(),
        con_id=AAPL,
        side=models.OrderSide.BUY,
        order_type=models.OrderType.MKT,
        quantity="2",
    )
    place = client("api.orders.place_order").sync_detailed
    get = client("api.orders.get_order").sync
    account = uuid.UUID(program.account_id)
    with client("client").AuthenticatedClient(program.url, token=program.token, timeout=30) as signed_in:
        first = place(account, client=signed_in, body=order)
        again = place(account, client=signed_in, body=order)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.parsed.created_at == first.parsed.created_at
        order.quantity = "3"
        assert place(account, client=signed_in, body=order).parsed.type_ == "urn:gatehouse:problem:order_conflict"
        assert became_true(
            lambda: get(account, order.client_order_id, client=signed_in).status == models.OrderStatus.FILLED,
            deadline=30,
        )
        page = client("api.fills.list_fills").sync(client=signed_in, account=account)
        (fill,) = [one for one in page.items if one.client_order_id == order.client_order_id]
        assert (fill.quantity, fill.side, fill.currency) == ("2", models.OrderSide.BUY, "USD")


def test_a_generated_client_reads_what_a_quote_is_and_how_old(program: Program, client: Callable[[str], Any]) -> None:
    read = client("api.quotes.list_quotes").sync
    with client("client").AuthenticatedClient(program.url, token=program.token, timeout=30) as signed_in:
        (quote,) = read(uuid.UUID(program.account_id), client=signed_in, con_id=[AAPL]).items
    assert quote.market_data_type == "live"
    assert float(quote.bid) < float(quote.ask)
    assert 0 <= quote.age_seconds < 60


def test_an_order_that_rests_is_changed_and_cancelled_and_the_feed_tells_each_step(program: Program) -> None:
    """Over the wire, as a program does: an order through REST, its events through the feed."""
    api, order_id = Rest(program), str(uuid.uuid4())
    orders = f"accounts/{program.account_id}/orders"
    sent = {"client_order_id": order_id, "con_id": AAPL, "side": "BUY", "order_type": "LMT", "quantity": "1"}
    with connect(
        f"{program.url.replace('http', 'ws')}/ws/v1/feed",
        additional_headers={"Authorization": f"Bearer {program.token}"},
        open_timeout=20,
    ) as feed:
        heard = Heard(feed, order_id)
        feed.send(json.dumps({"type": "subscribe", "account": program.account_id, "con_ids": [AAPL]}))
        assert heard.until(lambda message: message["type"] == "snapshot")["account"] == program.account_id
        assert api.send("POST", orders, {**sent, "limit_price": "100"}) == 201
        heard.order(lambda order: order["status"] == "SUBMITTED")
        assert api.send("PATCH", f"{orders}/{order_id}", {"limit_price": "101"}) == 202
        heard.order(lambda order: order["limit_price"] == "101")
        assert api.send("DELETE", f"{orders}/{order_id}") == 202
        heard.order(lambda order: order["status"] == "CANCELLED")
    assert api.send("DELETE", f"{orders}/{order_id}") == 409


class Rest:
    def __init__(self, program: Program) -> None:
        self._base = f"{program.url}/api/v1"
        self._headers = {"Authorization": f"Bearer {program.token}"}

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        answer = httpx.request(method, f"{self._base}/{path}", json=body, headers=self._headers, timeout=30)
        return answer.status_code


class Heard:
    """What a feed said, up to what is waited for."""

    def __init__(self, feed: Any, order_id: str) -> None:
        self._feed = feed
        self._order_id = order_id

    def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not fits(message := json.loads(self._feed.recv(timeout=30))):
            pass
        return message

    def order(self, fits: Callable[[dict[str, Any]], bool]) -> None:
        self.until(
            lambda message: (
                message.get("kind") == "order" and message["subject"] == self._order_id and fits(message["body"])
            )
        )


@pytest.mark.timeout(420)
def test_schemathesis_finds_no_answer_that_the_schema_does_not_tell(program: Program, tmp_path: Path) -> None:
    """A bounded run, with an account and an instrument that exist, so that it gets past "not found"."""
    (tmp_path / "schemathesis.toml").write_text(
        f'[parameters]\n"path.account_id" = "{program.account_id}"\n"path.con_id" = {AAPL}\n'
    )
    run(
        *("schemathesis", "run", f"{program.url}/api/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {program.token}", "--checks", CHECKS, "--phases", "examples,fuzzing"),
        *(
            "--max-examples",
            "6",
            "--seed",
            "1",
            "--workers",
            "2",
            "--suppress-health-check",
            "all",
            "--warnings",
            "off",
        ),
        *("--request-timeout", "60", "--report", "ndjson", "--report-dir", str(tmp_path / "report")),
        cwd=tmp_path,
        seconds=400,
    )
    answered = statuses(tmp_path / "report")
    assert len(answered) >= 20
    assert 201 in answered[f"POST {ORDERS}"]
    # It asked what there is, and not only what there isn't.
    assert [name for name, codes in answered.items() if name.startswith("GET") and min(codes) >= 500] == []
    for name in ("accounts", "orders", "fills", "positions", "account-values", "watchlists"):
        assert 200 in answered[f"GET /api/v1/{name}"], name


ORDERS = "/api/v1/accounts/{account_id}/orders"


def statuses(report: Path) -> dict[str, set[int]]:
    """By operation, of a run's report."""
    found: dict[str, set[int]] = defaultdict(set)
    (file,) = report.iterdir()
    for line in file.read_text().splitlines():
        scenario = json.loads(line).get("ScenarioFinished")
        recorder = scenario["recorder"] if scenario else {}
        for interaction in recorder.get("interactions", {}).values():
            if interaction.get("response"):
                found[recorder["label"]].add(interaction["response"]["status_code"])
    return found
