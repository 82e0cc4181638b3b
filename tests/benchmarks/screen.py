"""The browser's side: the trading screen in Debian's Chromium, with a note of when frames came and buttons went."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, Page, Playwright, expect, sync_playwright

from deploy.local.processes import LocalError

USERNAME = PASSWORD = "demo"  # the demo's user, whom the ready line names too
STEP_MILLISECONDS = 10_000

# In the page, before any of its own scripts. Nothing of the page is replaced: the socket is only listened to as well.
NOTE_TIMES = """
globalThis.seenFrames = [];
globalThis.sentTickets = {};
globalThis.WebSocket = class extends WebSocket {
  constructor(...words) {
    super(...words);
    this.addEventListener("message", ({ data }) => {
      seenFrames.push([performance.timeOrigin + performance.now(), data]);
    });
  }
};
document.addEventListener("click", ({ target, timeStamp }) => {
  const form = target.closest("button.send")?.form;
  if (form) sentTickets[form.elements.client_order_id.value] = performance.timeOrigin + timeStamp;
}, true);
"""

# How far `performance` is ahead of the system's clock, at the moments when the latter's millisecond changes.
CLOCK_OFFSET = """() => {
  const offsets = [];
  for (let i = 0; i < 25; i++) {
    const before = Date.now();
    while (Date.now() === before);
    offsets.push(performance.timeOrigin + performance.now() - Date.now());
  }
  return offsets.sort((a, b) => a - b)[12];
}"""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the page's socket. `at` is in seconds since 1970, on the system's clock."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A signed-in user's trading screen. `clock_offset`: seconds by which the page's clock is ahead of the system's."""

    page: Page
    browser: str
    clock_offset: float

    def con_ids(self) -> list[int]:
        """The instruments of the watchlist on the screen."""
        found: list[int] = self.page.eval_on_selector_all(
            "#watchlist tr[data-con-id]", "rows => rows.map(row => Number(row.dataset.conId))"
        )
        return found

    def take_frames(self) -> list[Frame]:
        """What came since the last call."""
        taken: list[tuple[float, str]] = self.page.evaluate("seenFrames.splice(0)")
        return [Frame(self._system_time(at), text) for at, text in taken]

    def place(self, con_id: int, *, price: str) -> tuple[str, float]:
        """Buy one with a limit, by the ticket. Its client_order_id, and when the button was clicked.

        That click is the mouse's. The others aren't timed, and are dispatched, which takes less of the run's time.
        """
        ticket = self._open_ticket(con_id)
        ticket.locator("#ticket-quantity").fill("1")
        ticket.locator("#ticket-limit_price").fill(price)
        client_order_id = ticket.locator("[name=client_order_id]").input_value()
        ticket.locator("button.review").dispatch_event("click")
        self.page.locator("#ticket-review button.send").click()
        self._wait_for_status(client_order_id, "SUBMITTED")
        clicked: float = self.page.evaluate("id => sentTickets[id]", client_order_id)
        return client_order_id, self._system_time(clicked)

    def cancel(self, client_order_id: str) -> None:
        self._row(client_order_id).locator("form[data-cancel] button:enabled").dispatch_event("click")
        self._wait_for_status(client_order_id, "CANCELLED")

    def bid(self, con_id: int) -> float:
        price = self.page.locator(f'tr[data-con-id="{con_id}"] td[data-field=bid] [data-price]')
        return float(price.get_attribute("data-price") or "nan")

    def _open_ticket(self, con_id: int) -> Locator:
        self.page.locator(f'tr[data-con-id="{con_id}"] td[data-field=ask] a.price').dispatch_event("click")
        ticket = self.page.locator(f'form#ticket:has([name=con_id][value="{con_id}"])')
        ticket.wait_for()
        return ticket

    def _wait_for_status(self, client_order_id: str, status: str) -> None:
        self._row(client_order_id).locator(f'[data-field=status][data-status="{status}"]').wait_for()

    def _row(self, client_order_id: str) -> Locator:
        return self.page.locator(f'tr[data-client-order-id="{client_order_id}"]')

    def _system_time(self, page_milliseconds: float) -> float:
        return page_milliseconds / 1000 - self.clock_offset


@contextmanager
def open_screen(url: str) -> Iterator[Screen]:
    """Sign in and open the demo account's trading screen. Raises LocalError without Chromium."""
    with sync_playwright() as playwright, _launched(playwright) as browser:
        page = browser.new_page()
        page.set_default_timeout(STEP_MILLISECONDS)
        expect.set_options(timeout=STEP_MILLISECONDS)
        page.add_init_script(NOTE_TIMES)
        _walk_to_the_screen(page, url)
        offset: float = page.evaluate(CLOCK_OFFSET)
        yield Screen(page, f"Chromium {browser.version}, headless", offset / 1000)


def _launched(playwright: Playwright) -> Browser:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise LocalError("Chromium is missing. Install it (on Debian, as root: apt-get install chromium) and repeat.")
    # Its sandbox refuses to run as root; the only pages it sees here are ours.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=chromium, args=arguments)


def _walk_to_the_screen(page: Page, url: str) -> None:
    page.goto(f"{url}/auth/login/")
    page.locator("[name=login]").fill(USERNAME)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.locator("a[id^=trade-]").click()
    expect(page.locator("td[data-field=bid] [data-price]").first).not_to_have_attribute("data-price", "")
