// The options on one instrument, with their quotes, and the ticket beside them.

import { openAccountPage } from "./account_page.js";
import { wordsOfPage } from "./cells.js";
import { Chain, markOf } from "./chain.js";
import { watchDialogs } from "./dialogs.js";
import { Grid } from "./grid.js";
import { Orders } from "./orders.js";
import { marketMoved, watchTicket } from "./ticket.js";
import { followTicket, ofTicket } from "./wants.js";

const container = document.getElementById("chain");
const conId = Number(container.dataset.conId);
const orders = new Orders(wordsOfPage());
const grid = new Grid(() => document.getElementById("head-quote"));
const chain = new Chain(container, { changed: () => subscribe() });
let subscribed = "";

const socket = openAccountPage({
  stood: () => grid.showAges(),
  events: {
    notice: ({ body }) => sayOfOption(body),
    order: ({ body, number }) => chain.lists(body.con_id) && orders.apply(body, number),
  },
  snapshot(quotes) {
    grid.snapshot(quotes);
    chain.snapshot(quotes);
    stand(quotes);
  },
  quotes(quotes) {
    grid.quotes(quotes);
    chain.quotes(quotes);
    stand(quotes);
  },
});

function stand(quotes) {
  const underlying = quotes.find(({ con_id: id }) => id === conId);
  if (underlying) chain.stand(markOf(underlying));
  marketMoved();
}

// A page that nobody looks at needs nothing.
function subscribe() {
  const conIds = document.hidden ? [] : [...new Set([conId, ...ofTicket().map(Number), ...chain.conIds])];
  if (conIds.join() === subscribed) return;
  subscribed = conIds.join();
  socket.subscribe(conIds);
}

// Such as a market data line that isn't to be had.
function sayOfOption({ con_id: about, message }) {
  if (!chain.conIds.includes(about)) return;
  const line = document.getElementById("options-message");
  line.textContent = message;
  line.hidden = false;
}

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id !== "chain") return;
  document.getElementById("options-message").hidden = true;
  rememberExpiry();
  subscribed = "";
  chain.adopt();
});
document.addEventListener("visibilitychange", subscribe);
followTicket(subscribe);
watchDialogs();
watchTicket({ placed: (body) => orders.placed(body) });

// A reload shows the same expiry.
function rememberExpiry() {
  const chosen = document.getElementById("expiry");
  if (!chosen) return;
  const address = new URL(location.href);
  address.searchParams.set("expiry", chosen.value);
  history.replaceState(history.state, "", address);
}
