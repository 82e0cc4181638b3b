"""The ticket: opened from a price, sent once, and every refusal beside what it is about."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.webapp.trading.quoting import STALE, quote, quoting
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.pages import order_values
from webapp.trading import limits
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
Ticket = Callable[..., dict[str, str]]
Place = Callable[[dict[str, str]], Any]


def test_a_ticket_opens_with_the_side_and_the_price_that_were_clicked(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, elements: Callable[[Any], Any]
) -> None:
    response = browser.get(
        f"/accounts/{ready_account.id}/ticket/",
        {"con_id": aapl.con_id, "side": "SELL", "price": "187.3000000000"},
        headers=HTMX,
    )
    fields = {
        field["name"]: field
        for field in elements(response).all("input")
        if "checked" in field or field.get("type") != "radio"
    }
    assert fields["side"]["value"] == "SELL"
    assert fields["limit_price"]["value"] == "187.30"
    assert fields["quantity"]["value"] == ""


def test_what_an_order_comes_to_is_not_said_while_its_multiplier_is_unknown(
    browser: Client, ready_account: BrokerAccount, review: Place, ticket: Ticket, elements: Callable[[Any], Any]
) -> None:
    def said() -> tuple[str | None, str]:
        form = browser.get(f"/accounts/{ready_account.id}/ticket/?con_id={ticket()['con_id']}", headers=HTMX)
        [multiplier] = [one["data-multiplier"] for one in elements(form).with_attribute("data-multiplier")]
        [comes_to] = re.findall(r"data-comes-to>([^<]*)<", review(ticket()).content.decode())
        return multiplier, comes_to

    assert said() == ("1", "1,873.10 USD")
    Instrument.objects.update(security_type="OPT")
    assert said() == ("", "—")


def comes_to(response: Any) -> tuple[str, str]:
    """What a review says that its order comes to, and why nobody knows."""
    text = html.unescape(response.content.decode())
    [amount], [hidden, why] = (
        re.findall(r"data-comes-to>([^<]*)<", text),
        *re.findall(r"comes-to-why (\w*)>([^<]*)<", text),
    )
    return amount, "" if hidden else why


@pytest.mark.parametrize(
    ("side", "said"), [("BUY", "1,901.00 USD at the ask of 190.10"), ("SELL", "1,900.00 USD at the bid of 190.00")]
)
def test_a_review_of_a_market_order_says_what_it_comes_to_by_which_price_and_how_old_that_is(
    review: Place, ticket: Ticket, side: str, said: str
) -> None:
    form = ticket(order_type="MKT", limit_price="", side=side)
    with quoting(age=timedelta(seconds=12)):
        amount, why = comes_to(review(form))
    assert re.fullmatch(rf"{re.escape(said)}, 1\d s ago", amount)
    assert why == ""


@pytest.mark.parametrize("order_type", ["MKT", "MTL", "MOC"])
def test_a_review_says_that_what_an_order_comes_to_is_unknown_without_a_quote_and_why(
    ready_account: BrokerAccount, review: Place, ticket: Ticket, order_type: str
) -> None:
    limits.set_limits(account=ready_account, fresh_quote=False)
    form = ticket(order_type=order_type, limit_price="")
    with quoting(None):
        assert comes_to(review(form)) == ("—", "Not known: the broker sends no price of it.")
    with quoting(quote(bid=None, ask=None, last=None)):
        assert comes_to(review(form)) == ("—", "Not known: the newest quote has no price.")


def test_what_an_order_comes_to_is_unknown_without_a_session_that_has_quotes(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    GatewaySession.objects.update(state="STOPPED")
    said = order_values.comes_to(ready_account, aapl, side="BUY", quantity="10", price=None)
    assert said.text is None
    assert "has quotes only when it is ready" in said.why_unknown


def test_an_estimate_by_a_quote_that_nobody_keeps_current_says_so(
    ready_account: BrokerAccount, review: Place, ticket: Ticket
) -> None:
    limits.set_limits(account=ready_account, fresh_quote=False)
    with quoting(status=STALE, age=timedelta(minutes=3)):
        amount, _ = comes_to(review(ticket(order_type="MKT", limit_price="")))
    assert amount == "1,901.00 USD at the ask of 190.10, Stale, 3 min ago"


def test_ticket_and_review_have_a_place_for_the_quote_which_is_a_dash_until_it_comes(
    browser: Client, ready_account: BrokerAccount, review: Place, ticket: Ticket, elements: Callable[[Any], Any]
) -> None:
    form = ticket()
    opened = browser.get(f"/accounts/{ready_account.id}/ticket/?con_id={form['con_id']}", headers=HTMX)
    for response, takes in ((opened, 2), (review(form), 0)):
        found = elements(response)
        [box] = found.with_attribute("data-quote-of")
        assert (box["data-quote-of"], box["data-price-steps"]) == (form["con_id"], "0:0.01")
        fields = [one["data-field"] for one in found.with_attribute("data-field")]
        assert {"bid", "ask", "last", "market_data_type", "age"} <= set(fields)
        assert [one["type"] for one in found.with_attribute("data-takes")] == ["button"] * takes
        assert ">0<" not in response.content.decode()


def test_every_ticket_that_opens_has_an_order_id_of_its_own(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, elements: Callable[[Any], Any]
) -> None:
    address = f"/accounts/{ready_account.id}/ticket/?con_id={aapl.con_id}"
    hidden = [elements(browser.get(address, headers=HTMX)).all("input") for _ in range(2)]
    ids = {field["value"] for fields in hidden for field in fields if field["name"] == "client_order_id"}
    assert len(ids) == 2


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_the_button_says_side_quantity_instrument_account_and_kind_of_money_in_words(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, mode: str
) -> None:
    BrokerAccount.objects.update(trading_mode=mode)
    response = browser.get(
        f"/accounts/{ready_account.id}/ticket/", {"con_id": aapl.con_id, "side": "BUY", "price": "187.31"}, headers=HTMX
    )
    text = response.content.decode()
    assert "Paper (DU1000001)" in text
    assert f"Review <span data-send-label>buy</span> order ({mode.upper()})" in text


@pytest.mark.parametrize("query", ["con_id=404404", "con_id=x", "con_id=", "con_id=265598&side=HOLD"])
@pytest.mark.parametrize("page", ["ticket", "trade"])
def test_a_ticket_for_nothing_is_not_found(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, query: str, page: str
) -> None:
    assert browser.get(f"/accounts/{ready_account.id}/{page}/?{query}").status_code == 404


def test_a_ticket_in_a_window_of_its_own_is_the_trading_screen_with_it_open(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, elements: Callable[[Any], Any]
) -> None:
    query = {"con_id": aapl.con_id, "side": "SELL", "price": "187.3"}
    response = browser.get(f"/accounts/{ready_account.id}/ticket/", query)
    moved_to = f"/accounts/{ready_account.id}/trade/?con_id={aapl.con_id}&side=SELL&price=187.30"
    assert (response.status_code, response["Location"]) == (302, moved_to)
    page = browser.get(moved_to)
    fields = {field.get("name"): field.get("value") for field in elements(page).all("input")}
    assert fields["limit_price"] == "187.30"
    assert "Review <span data-send-label>sell</span> order (PAPER)" in page.content.decode()


@pytest.mark.parametrize("price", ["NaN", "Infinity", "abc", "1e999999"])
def test_a_price_in_the_address_that_is_none_leaves_the_field_empty(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, elements: Callable[[Any], Any], price: str
) -> None:
    response = browser.get(
        f"/accounts/{ready_account.id}/ticket/", {"con_id": aapl.con_id, "price": price}, headers=HTMX
    )
    [field] = [field for field in elements(response).all("input") if field["name"] == "limit_price"]
    assert field["value"] == ""


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_a_review_says_the_order_in_words_and_writes_nothing(review: Place, ticket: Ticket, mode: str) -> None:
    BrokerAccount.objects.update(trading_mode=mode, live_trading_since=timezone.now())
    response = review(ticket())
    text = response.content.decode()
    assert response.status_code == 200
    assert "Buy 10 AAPL at a limit of 187.31, day order" in text
    assert f"<strong>{mode.upper()}</strong>" in text
    assert "on Paper (DU1000001)" in text
    assert ("type LIVE to send" in text) == (mode == "live")
    assert not Order.objects.exists()


def test_a_review_sends_on_what_the_ticket_held(review: Place, ticket: Ticket, elements: Callable[[Any], Any]) -> None:
    form = ticket()
    hidden = {field["name"]: field["value"] for field in elements(review(form)).all("input")}
    assert {name: hidden[name] for name in form} == form


def test_a_wrong_value_is_said_before_anything_is_reviewed(review: Place, ticket: Ticket) -> None:
    response = review(ticket(limit_price="187.313"))
    assert response.status_code == 422
    assert "is not on the price increment" in response.content.decode()
    assert 'id="ticket-review"' not in response.content.decode()


def test_going_back_from_a_review_keeps_even_what_is_wrong(
    review: Place, ticket: Ticket, elements: Callable[[Any], Any]
) -> None:
    response = review(ticket(quantity="-5", edit="1"))
    fields = {field["name"]: field["value"] for field in elements(response).all("input")}
    assert (response.status_code, fields["quantity"]) == (200, "-5")
    assert review(ticket(con_id="x", edit="1")).status_code == 404


@pytest.mark.parametrize("typed", ["", "paper", "LIVELY"])
def test_a_live_order_without_the_typed_word_is_asked_for_it_and_not_written(
    place: Place, ticket: Ticket, typed: str
) -> None:
    BrokerAccount.objects.update(trading_mode="live", live_trading_since=timezone.now())
    response = place(ticket(confirmation=typed))
    assert response.status_code == 422
    assert "type LIVE" in response.content.decode()
    assert not Order.objects.exists()


def test_a_closed_live_account_says_so_before_anything_is_reviewed(review: Place, ticket: Ticket) -> None:
    BrokerAccount.objects.update(trading_mode="live", live_trading_since=None)
    response = review(ticket())
    assert response.status_code == 422
    assert "Live trading is off for Paper" in response.content.decode()
    assert "Turn it on" in response.content.decode()
    assert 'id="ticket-review"' not in response.content.decode()


def test_a_live_order_with_the_typed_word_is_placed(place: Place, ticket: Ticket) -> None:
    BrokerAccount.objects.update(trading_mode="live", live_trading_since=timezone.now())
    assert place(ticket(confirmation=" live ")).status_code == 201


def test_what_became_of_a_ticket_can_be_asked_for(
    browser: Client, ready_account: BrokerAccount, place: Place, ticket: Ticket
) -> None:
    form = ticket()
    address = f"/accounts/{ready_account.id}/orders/{form['client_order_id']}/placed/"
    assert browser.get(address, headers=HTMX).status_code == 204
    place(form)
    assert "Your order" in browser.get(address, headers=HTMX).content.decode()
    nobodys = f"/accounts/{uuid.uuid4()}/orders/{form['client_order_id']}/placed/"
    assert browser.get(nobodys, headers=HTMX).status_code == 404


def test_a_placed_order_answers_with_its_line_and_a_way_to_the_next_ticket(place: Place, ticket: Ticket) -> None:
    response = place(ticket())
    text = response.content.decode()
    assert response.status_code == 201
    assert "Buy 10 AAPL at a limit of 187.31, day order" in text
    assert "Pending" in text
    assert "New ticket" in text
    assert Order.objects.get().status == "PENDING"


def test_the_same_ticket_sent_twice_is_one_order(place: Place, ticket: Ticket) -> None:
    form = ticket()
    assert [place(form).status_code, place(form).status_code] == [201, 200]
    assert Order.objects.count() == OrderCommand.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_ticket_sent_from_two_tabs_at_once_is_one_order(place: Place, ticket: Ticket) -> None:
    form = ticket()

    def send(_: int) -> int:
        try:
            return int(place(form).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as tabs:
        statuses = sorted(tabs.map(send, range(4)))
    assert statuses == [200, 200, 200, 201]
    assert Order.objects.count() == OrderCommand.objects.count() == 1


def test_the_same_ticket_with_another_quantity_is_a_conflict_that_offers_a_new_ticket(
    place: Place, ticket: Ticket
) -> None:
    form = ticket()
    place(form)
    response = place(form | {"quantity": "20"})
    assert response.status_code == 409
    assert "Open a new ticket" in response.content.decode()
    assert 'id="ticket"' not in response.content.decode()
    assert Order.objects.get().quantity == 10


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("quantity", "", "Enter a quantity."),
        ("quantity", "abc", "is not a number"),
        ("quantity", "-5", "must be more than 0"),
        ("quantity", "1.5", "is not a multiple of 1"),
        ("limit_price", "", "needs a limit price"),
        ("limit_price", "187.313", "is not on the price increment"),
        ("limit_price", "NaN", "is not a number"),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_nothing_is_written(
    place: Place, ticket: Ticket, elements: Callable[[Any], Any], field: str, value: str, says: str
) -> None:
    response = place(ticket(**{field: value}))
    text = response.content.decode()
    page = elements(response)
    [entered] = [each for each in page.all("input") if each["name"] == field]
    assert response.status_code == 422
    assert says in text
    assert entered["value"] == value
    assert entered["aria-invalid"] == "true"
    described_by = str(entered["aria-describedby"]).split()
    assert set(described_by) <= {str(each["id"]) for each in page.with_attribute("id")}
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("side", "HOLD", "is not a known side"),
        ("order_type", "PEG", "is not a known order type"),
        ("time_in_force", "SOON", "is not a known time in force"),
        ("client_order_id", "1", "is not an order id"),
        ("con_id", "404404", "There is no instrument"),
        ("con_id", "<b>", "is not an instrument"),
    ],
)
def test_a_value_that_no_form_of_ours_offers_is_refused_with_a_message(
    place: Place, ticket: Ticket, field: str, value: str, says: str
) -> None:
    response = place(ticket(**{field: value}))
    assert response.status_code == 422
    assert says in response.content.decode()
    assert "<b>" not in response.content.decode()
    assert not Order.objects.exists()


def test_an_error_keeps_the_ticket_so_that_mending_it_is_still_the_same_order(
    place: Place, ticket: Ticket, elements: Callable[[Any], Any]
) -> None:
    form = ticket(quantity="x")
    hidden = {field["name"]: field["value"] for field in elements(place(form)).all("input")}
    assert hidden["client_order_id"] == form["client_order_id"]


def test_a_market_order_leaves_the_hidden_limit_price_behind(place: Place, ticket: Ticket) -> None:
    with quoting():
        assert place(ticket(order_type="MKT")).status_code == 201
    assert Order.objects.get().limit_price is None


def test_a_session_that_is_not_ready_refuses_at_once_and_keeps_what_was_typed(
    place: Place, ticket: Ticket, elements: Callable[[Any], Any]
) -> None:
    GatewaySession.objects.update(state="STOPPED", state_reason="Stopped by its owner.")
    response = place(ticket(quantity="15"))
    fields = {field["name"]: field["value"] for field in elements(response).all("input")}
    assert response.status_code == 503
    assert "Stopped by its owner." in response.content.decode()
    assert fields["quantity"] == "15"
    assert not Order.objects.exists()


def test_a_browser_without_scripts_gets_the_same_answer_inside_a_page(
    browser: Client, ready_account: BrokerAccount, ticket: Ticket
) -> None:
    response = browser.post(f"/accounts/{ready_account.id}/orders/", ticket(quantity=""))
    assert response.status_code == 422
    assert "<!DOCTYPE html>" in response.content.decode()
    assert "Enter a quantity." in response.content.decode()
    assert "<strong>PAPER</strong>" in response.content.decode()
    assert "<title>PAPER Paper · Gatehouse</title>" in response.content.decode()


def test_a_form_without_its_csrf_token_is_refused(alice: Any, ready_account: BrokerAccount, ticket: Ticket) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post(f"/accounts/{ready_account.id}/orders/", ticket())
    assert response.status_code == 403
    assert not Order.objects.exists()


def test_a_cancel_answers_with_the_row_as_it_then_is(
    browser: Client, ready_account: BrokerAccount, place: Place, ticket: Ticket
) -> None:
    form = ticket()
    place(form)
    OrderCommand.objects.update(state="SENT")
    Order.objects.update(status="SUBMITTED")
    response = browser.post(f"/accounts/{ready_account.id}/orders/{form['client_order_id']}/cancel/", headers=HTMX)
    assert response.status_code == 200
    assert "Cancelling" in response.content.decode()
    assert OrderCommand.objects.filter(verb="CANCEL").count() == 1


@pytest.mark.parametrize(("sent", "said"), [(False, "the broker never saw it"), (True, "on its way to the broker")])
def test_without_scripts_a_cancel_says_whether_the_broker_hears_of_it(
    browser: Client, ready_account: BrokerAccount, place: Place, ticket: Ticket, sent: bool, said: str
) -> None:
    form = ticket()
    place(form)
    if sent:
        OrderCommand.objects.update(state="SENT")
        Order.objects.update(status="SUBMITTED")
    page = browser.post(f"/accounts/{ready_account.id}/orders/{form['client_order_id']}/cancel/").content.decode()
    assert said in page
    assert ("on its way to the broker" in page) == sent


def test_cancelling_twice_is_one_cancel(
    browser: Client, ready_account: BrokerAccount, place: Place, ticket: Ticket
) -> None:
    form = ticket()
    place(form)
    OrderCommand.objects.update(state="SENT")
    address = f"/accounts/{ready_account.id}/orders/{form['client_order_id']}/cancel/"
    for _ in range(2):
        browser.post(address, headers=HTMX)
    assert OrderCommand.objects.filter(verb="CANCEL").count() == 1


def test_an_order_that_is_over_says_that_there_is_nothing_to_cancel(
    browser: Client, ready_account: BrokerAccount, place: Place, ticket: Ticket
) -> None:
    form = ticket()
    place(form)
    Order.objects.update(status="FILLED")
    response = browser.post(f"/accounts/{ready_account.id}/orders/{form['client_order_id']}/cancel/", headers=HTMX)
    assert response.status_code == 409
    assert "nothing to cancel" in response.content.decode()


def test_a_futures_price_fields_take_what_is_below_zero_and_a_shares_do_not(
    browser: Client, ready_account: BrokerAccount, review: Place, ticket: Ticket, elements: Callable[[Any], Any]
) -> None:
    address = f"/accounts/{ready_account.id}/ticket/?con_id={ticket()['con_id']}&price=-1.5"
    assert not elements(browser.get(address, headers=HTMX)).with_attribute("data-signed")
    Instrument.objects.update(security_type="FUT", multiplier=1000)
    found = elements(browser.get(address, headers=HTMX))
    assert len(found.with_attribute("data-signed")) == 5
    [field] = [one for one in found.all("input") if one["name"] == "limit_price"]
    assert (field["value"], field["inputmode"]) == ("-1.50", "text")
    assert comes_to(review(ticket(limit_price="-1.50"))) == ("-15,000.00 USD", "")


@pytest.mark.parametrize(("quantity", "shown"), [("30", "30"), ("0.50", "0.5"), ("-3", ""), ("many", "")])
def test_a_quantity_in_the_address_fills_the_ticket_unless_it_is_none(
    browser: Client,
    ready_account: BrokerAccount,
    aapl: Instrument,
    elements: Callable[[Any], Any],
    quantity: str,
    shown: str,
) -> None:
    query = {"con_id": aapl.con_id, "side": "SELL", "quantity": quantity}
    response = browser.get(f"/accounts/{ready_account.id}/ticket/", query, headers=HTMX)
    [field] = [field for field in elements(response).all("input") if field["name"] == "quantity"]
    assert field["value"] == shown
