// What the page shows beside the watchlist's rows, and needs quotes of: positions, and the ticket that is open.

export function watchWants(wanted) {
  follow("#positions tbody", () => wanted.want("positions", positions()));
  follow(".desk-side", () => wanted.want("ticket", ticket()));
}

function follow(selector, act) {
  act();
  new MutationObserver(act).observe(document.querySelector(selector), { childList: true });
}

function positions() {
  return [...document.querySelectorAll("tr[data-position-con-id]")].map((row) => row.dataset.positionConId).filter(Boolean);
}

function ticket() {
  return [...document.querySelectorAll("#ticket-panel input[name=con_id]")].map((input) => input.value);
}
