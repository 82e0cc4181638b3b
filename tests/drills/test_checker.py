"""The judge of the drills, judged: rows as services write them, a ledger as the simulator does, and one thing wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from brokers.domain import OrderStatus
from tests.drills.checker import judge, settled
from tests.drills.clicks import Click
from tests.drills.evidence import Evidence, Least
from tests.drills.gateways import SimulatedGateway
from tests.webapp.trading.examples import execution, lease, placed, update
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.trading import commands, fills, orders
from webapp.trading.models import BrokerOrder, Instrument, Order, OrderCommand
from webapp.trading.orders import conclusions

pytestmark = pytest.mark.django_db


class Scene:
    """One account, what was clicked on it, and the ledger of its gateway."""

    def __init__(self, account: BrokerAccount, folder: Path) -> None:
        self.account, self.clicks, self.cancels = account, list[Click](), list[str]()
        self._ledger = folder / "ledger.jsonl"
        self._gateway = SimulatedGateway(folder)

    def evidence(self, **given: Any) -> Evidence:
        return Evidence(self.account, self._gateway, self.clicks, cancels=self.cancels, **given)

    def complaints(self, **given: Any) -> list[str]:
        verdict = judge(self.evidence(**given))
        return [*verdict.duplicates, *verdict.lost]

    def placed(self, **fields: Any) -> Order:
        """Clicked, accepted, and handed over by a worker."""
        order = placed(self.account, **fields)
        exits = sum(name in fields for name in ("take_profit_price", "stop_loss_price"))
        self.clicks.append(Click(str(order.client_order_id), 201, exits))
        return order

    def sent(self, **fields: Any) -> Order:
        order = self.placed(**fields)
        command = commands.claim_next(account_id=self.account.pk, worker="worker-1", fence=1)
        assert command is not None
        commands.record_sent(command)
        return order

    def arrives(self, order: Order | None, event: str = "new", **row: Any) -> None:
        reference = "" if order is None else str(order.client_order_id)
        self.write("order", event=event, order_ref=reference, **{"perm_id": 900, "limit_price": "190.50", **row})

    def says(self, order: Order, word: str, status: OrderStatus, **changes: Any) -> None:
        """The broker, which writes it down; and our rows take it."""
        self.write("status", order_ref=str(order.client_order_id), status=word, perm_id=900)
        self.told(order, word, status, **changes)

    def told(self, order: Order, word: str, status: OrderStatus, **changes: Any) -> None:
        orders.apply_update(account_id=self.account.pk, update=update(order, status=status, ib_status=word, **changes))

    def write(self, kind: str, **row: Any) -> None:
        with self._ledger.open("a") as ledger:
            ledger.write(json.dumps({"kind": kind, **row}) + "\n")

    def works(self, **fields: Any) -> Order:
        order = self.sent(**fields)
        self.arrives(order)
        self.says(order, "Submitted", OrderStatus.SUBMITTED)
        return order

    def fills(self, order: Order) -> None:
        report = execution(order)
        fills.record_execution(account_id=self.account.pk, report=report)
        self.write("execution", exec_id=report.exec_id, order_ref=str(order.client_order_id))
        self.says(order, "Filled", OrderStatus.FILLED, filled_quantity=order.quantity)


@pytest.fixture
def scene(ready_account: BrokerAccount, aapl: Instrument, tmp_path: Path) -> Scene:
    lease(ready_account)
    return Scene(ready_account, tmp_path)


def conclude_absent(order: Order) -> OrderCommand:
    command = order.commands.get()
    conclusions.mark_unknown(command=command, reason="?")
    commands.record_absent(account_id=order.account_id, order_refs=[str(order.client_order_id)])
    return command


def tell_anew(order: Order, **columns: Any) -> None:
    """As a product would that goes on from an end."""
    Order.objects.filter(pk=order.pk).update(**columns)
    orders.changes.tell(order)


def test_orders_that_are_what_the_broker_says_are_well(scene: Scene) -> None:
    scene.fills(scene.works())
    assert scene.complaints(least=Least(accepted=1, filled=1)) == []
    assert settled(scene.evidence())


def test_an_order_that_was_dropped_and_proved_absent_is_well(scene: Scene) -> None:
    order = scene.sent()
    scene.arrives(order, "dropped", perm_id=None)
    conclude_absent(order)
    assert scene.complaints(least=Least(accepted=1, absent=1)) == []


def _message(parent: str, *, transmits: bool) -> dict[str, Any]:
    return {"message": {"terms": {"parentId": parent, "transmit": "1" if transmits else "0"}}, "client_id": 1}


@pytest.mark.parametrize("last", ["refused", "never came"])
def test_a_bracket_that_the_gateway_holds_untransmitted_is_not_at_the_broker(scene: Scene, last: str) -> None:
    entry = scene.sent(take_profit_price="250.00", stop_loss_price="140.00")
    group = [entry, *entry.attached.order_by("pk")]
    for place, order in enumerate(group if last == "refused" else group[:2]):
        message = _message("6" if place else "0", transmits=place == 2)
        scene.arrives(order, order_id=6 + place, perm_id=900 + place, **message)
    if last == "refused":
        scene.write("refusal", order_ref=str(group[2].client_order_id), perm_id=902, order_id=8)
    for order in group:
        conclude_absent(order)
    assert scene.complaints() == []


def test_a_bracket_that_was_transmitted_and_told_absent_is_a_false_end(scene: Scene) -> None:
    entry = scene.sent(take_profit_price="250.00", stop_loss_price="140.00")
    group = [entry, *entry.attached.order_by("pk")]
    for place, order in enumerate(group):
        message = _message("6" if place else "0", transmits=place == 2)
        scene.arrives(order, order_id=6 + place, perm_id=900 + place, **message)
        conclude_absent(order)
    said = " ".join(scene.complaints())
    assert all(f"{order.client_order_id} was proved to be absent" in said for order in group)


def test_a_false_end_that_was_put_right_later_is_told(scene: Scene) -> None:
    order = scene.placed()
    tell_anew(order, status="REJECTED")
    tell_anew(order, status="FILLED")
    assert any("was told REJECTED, and then FILLED" in complaint for complaint in scene.complaints())


def test_an_order_told_absent_that_the_broker_names_after_all_is_a_false_end(scene: Scene) -> None:
    order = scene.sent()
    conclude_absent(order)
    scene.arrives(order)
    scene.fills(order)
    said = "\n".join(scene.complaints())
    assert Order.objects.get().status == "FILLED"
    assert "was told REJECTED, and then SUBMITTED" in said or "was told REJECTED, and then FILLED" in said
    assert "was told REJECTED without the broker's word, which had it" in said


def test_an_absence_that_the_brokers_own_rejection_seems_to_bear_out_is_a_false_end(scene: Scene) -> None:
    order = scene.sent()
    conclude_absent(order)
    scene.arrives(order)
    scene.says(order, "Inactive", OrderStatus.REJECTED)
    said = "\n".join(scene.complaints())
    assert "without the broker's word" in said
    assert "was proved to be absent and had reached the broker" in said


def test_an_order_that_works_again_as_the_second_of_two_is_no_false_end(scene: Scene) -> None:
    order = scene.works()
    scene.arrives(order, "doubled", perm_id=901)
    scene.says(order, "Cancelled", OrderStatus.CANCELLED)
    BrokerOrder.objects.create(account=scene.account, order=order, perm_id=901, broker_order_id=8)
    scene.says(order, "Submitted", OrderStatus.SUBMITTED, perm_id=901)
    assert AccountEvent.objects.latest("number").body["status"] == "SUBMITTED"
    assert scene.complaints() == []


def test_an_order_that_the_broker_has_ended_and_our_row_has_not_is_told(scene: Scene) -> None:
    order = scene.works()
    scene.write("status", order_ref=str(order.client_order_id), status="Cancelled", perm_id=900)
    assert scene.complaints() == [f"{order.client_order_id} is SUBMITTED here and Cancelled at the broker"]
    assert not settled(scene.evidence())


def test_an_order_at_the_broker_without_a_row_is_told(scene: Scene) -> None:
    scene.works()
    reference = str(uuid4())
    scene.write("order", event="new", order_ref=reference, perm_id=905, limit_price="1.00")
    assert scene.complaints() == [f"{reference} is at the broker (905) and no order here"]


def test_an_order_at_the_broker_without_a_reference_is_told(scene: Scene) -> None:
    scene.arrives(None)
    assert scene.complaints() == ["one without an order_ref is at the broker (900) and no order here"]


def test_a_row_of_an_order_that_nobody_placed_elsewhere_is_told(scene: Scene) -> None:
    orders.apply_update(account_id=scene.account.pk, update=update())
    assert any("nobody placed it there" in complaint for complaint in scene.complaints())
    scene.arrives(None, "elsewhere")
    assert scene.complaints() == []


def test_two_orders_for_one_click_are_duplicates(scene: Scene) -> None:
    scene.works()
    second = placed(scene.account)
    assert judge(scene.evidence()).duplicates == [f"{second.client_order_id} is an order, and nobody clicked it"]


def test_a_way_out_that_nobody_asked_for_is_a_duplicate(scene: Scene) -> None:
    scene.placed(take_profit_price="300")
    assert not judge(scene.evidence()).duplicates
    scene.clicks = [replace(click, exits=0) for click in scene.clicks]
    assert len(judge(scene.evidence()).duplicates) == 1


def test_one_reference_that_reached_the_broker_twice_is_a_duplicate(scene: Scene) -> None:
    order = scene.works()
    scene.arrives(order, perm_id=901)
    assert judge(scene.evidence()).duplicates == [f"{order.client_order_id} reached the broker 2 times"]


@pytest.mark.parametrize("word", ["accepted", "filled", "absent", "cancelled", "changed"])
def test_refused_clicks_and_an_empty_ledger_show_nothing(scene: Scene, word: str) -> None:
    scene.clicks = [Click(str(uuid4()), 422) for _ in range(100)]
    assert scene.complaints() == []
    [complaint] = scene.complaints(least=Least(**{word: 1}))
    assert complaint.startswith("only 0 ")
    assert complaint.endswith("the drill shows nothing")


def test_what_happened_counts(scene: Scene) -> None:
    order = scene.works()
    scene.arrives(order, "modify")
    scene.says(order, "Cancelled", OrderStatus.CANCELLED)
    scene.cancels.append(str(order.client_order_id))
    assert scene.complaints(least=Least(accepted=1, cancelled=1, changed=1)) == []


def test_an_order_refused_to_the_user_and_placed_all_the_same_is_told(scene: Scene) -> None:
    order = scene.works()
    scene.clicks = [Click(str(order.client_order_id), 503)]
    assert f"{order.client_order_id} was refused (503) and is an order" in scene.complaints()


def test_an_accepted_click_without_a_row_is_told(scene: Scene) -> None:
    reference = str(UUID(int=7))
    scene.clicks.append(Click(reference, 201))
    assert scene.complaints() == [f"{reference} was accepted and is no order"]


def test_a_cancel_that_nothing_came_of_is_told(scene: Scene) -> None:
    order = scene.works()
    scene.cancels.append(str(order.client_order_id))
    assert any("was to be cancelled, is SUBMITTED" in complaint for complaint in scene.complaints())


def test_a_command_that_waits_for_ever_is_told(scene: Scene) -> None:
    scene.placed()
    assert any("SUBMIT" in complaint and "still waits" in complaint for complaint in scene.complaints())
    assert not settled(scene.evidence())


def test_an_order_at_another_price_than_the_brokers_is_told(scene: Scene) -> None:
    order = scene.works()
    scene.arrives(order, "modify", limit_price="191.00")
    assert any("at 190.5" in complaint and "191.00 at the broker" in complaint for complaint in scene.complaints())


def test_an_execution_that_one_side_lacks_is_told(scene: Scene) -> None:
    order = scene.works()
    scene.fills(order)
    scene.write("execution", exec_id="another.01", order_ref=str(order.client_order_id))
    assert "execution another.01 is at the broker alone" in scene.complaints()


def test_doubt_counts_from_when_the_gateway_could_answer(scene: Scene) -> None:
    order = scene.sent()
    conclusions.mark_unknown(command=order.commands.get(), reason="?")
    AccountEvent.objects.filter(body__status="UNKNOWN").update(at=timezone.now() - timedelta(seconds=40))
    scene.arrives(order)
    scene.says(order, "Submitted", OrderStatus.SUBMITTED)
    assert any("was UNKNOWN for 4" in complaint for complaint in scene.complaints())
    assert scene.complaints(answers_since=timezone.now() - timedelta(seconds=5)) == []


def test_an_event_that_the_browser_missed_is_told(scene: Scene) -> None:
    scene.works()
    count = AccountEvent.objects.count()
    assert scene.complaints(numbers=list(range(1, count + 1))) == []
    assert any("a browser got the events" in complaint for complaint in scene.complaints(numbers=[1]))
