// The trading screen: painted by the server, kept current by one socket.

import { showAlert } from "./alerts.js";
import { wordsOfPage } from "./cells.js";
import { showConnection } from "./connection.js";
import { watchDialogs } from "./dialogs.js";
import { Fills } from "./fills.js";
import { Grid } from "./grid.js";
import { showKillSwitch } from "./kill_switch.js";
import { openLive } from "./live.js";
import { showLiveTrading } from "./live_trading.js";
import { addNotice } from "./notices.js";
import { Orders } from "./orders.js";
import { Positions } from "./positions.js";
import { watchSearch } from "./search.js";
import { Session } from "./session.js";
import { warnOfPrice, watchTicket } from "./ticket.js";

const words = wordsOfPage();
const session = new Session(words);
const grid = new Grid(() => document.getElementById("watchlist"));
const orders = new Orders(words);
const fills = new Fills();
const positions = new Positions();

function showSession(body) {
  session.render(body);
  grid.showAges();
}

const appliers = {
  session: ({ body }) => showSession(body),
  order: ({ body, number }) => orders.apply(body, number),
  fill: ({ body }) => fills.apply(body),
  position: ({ body }) => positions.apply(body),
  notice: addNotice,
  kill_switch: ({ body }) => showKillSwitch(body),
  alert: ({ body }) => showAlert(body),
  live_trading: ({ body }) => showLiveTrading(body),
};

const socket = openLive({
  state(state) {
    showConnection(state);
    session.renderLink(state);
    grid.showAges();
  },
  session: showSession,
  event: (event) => appliers[event.kind]?.(event),
  snapshot(quotes) {
    grid.snapshot(quotes);
    warnOfPrice();
  },
  quotes(quotes) {
    grid.quotes(quotes);
    warnOfPrice();
  },
});

socket.subscribe(grid.conIds());
watchSearch();
watchTicket({ placed: (body) => orders.placed(body) });
watchDialogs();
forgetTicket();

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id !== "watchlist") return;
  // Painted anew, with an instrument more or less. The button that was pressed may be gone, and the focus with it.
  grid.repaint();
  resubscribe();
  if (document.activeElement === document.body) document.getElementById("watchlist").focus();
});

// A ticket that the address asked for is open now. A reload must not open a second one.
function forgetTicket() {
  const address = new URL(location.href);
  for (const name of ["con_id", "side", "price"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

let subscribed = grid.conIds().join();

function resubscribe() {
  const conIds = grid.conIds();
  if (conIds.join() === subscribed) return;
  subscribed = conIds.join();
  socket.subscribe(conIds);
}
