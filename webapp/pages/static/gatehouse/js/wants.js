// What the page shows beside the watchlist's rows, and needs quotes of: positions, and the ticket that is open.

export function watchWants(wanted) {
  follow("#positions tbody", () => wanted.want("positions", positions()));
  followTicket(() => wanted.want("ticket", ofTicket()));
}

// `act` is called now, and whenever another ticket is there.
export function followTicket(act) {
  follow(".desk-side", act);
}

function follow(selector, act) {
  act();
  new MutationObserver(act).observe(document.querySelector(selector), { childList: true });
}

function positions() {
  return [...document.querySelectorAll("tr[data-position-con-id]")].map((row) => row.dataset.positionConId).filter(Boolean);
}

export function ofTicket() {
  return [...document.querySelectorAll("#ticket-panel [data-quote-of]")].map(({ dataset }) => dataset.quoteOf);
}
