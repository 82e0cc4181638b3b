// The trading screen: painted by the server, kept current by one socket.

import { showAlert } from "./alerts.js";
import { wordsOfPage } from "./cells.js";
import { showConnection } from "./connection.js";
import { watchDialogs } from "./dialogs.js";
import { Fills } from "./fills.js";
import { showKillSwitch } from "./kill_switch.js";
import { openLive } from "./live.js";
import { showLiveTrading } from "./live_trading.js";
import { addNotice, noticeSession } from "./notices.js";
import { Orders } from "./orders.js";
import { Positions } from "./positions.js";
import { Session } from "./session.js";
import { marketMoved, watchTicket } from "./ticket.js";
import { Wanted } from "./wanted.js";
import { watchWants } from "./wants.js";
import { Watchlist } from "./watchlist.js";

const words = wordsOfPage();
const session = new Session(words);
const wanted = new Wanted();
const watchlist = new Watchlist({ wanted });
const { grid } = watchlist;
const orders = new Orders(words);
const fills = new Fills();
const positions = new Positions();

function showSession(body) {
  session.render(body);
  grid.showAges();
}

const appliers = {
  session(event) {
    showSession(event.body);
    noticeSession(event);
  },
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
    marketMoved();
    positions.marketMoved();
  },
  quotes(quotes) {
    grid.quotes(quotes);
    marketMoved();
    positions.marketMoved();
  },
});

watchWants(wanted);
wanted.begin((conIds) => socket.subscribe(conIds));
showOrRest();
document.addEventListener("visibilitychange", showOrRest);
watchTicket({ placed: (body) => orders.placed(body) });
watchDialogs();
forgetTicket();

// A ticket that the address asked for is open now. A reload must not open a second one.
function forgetTicket() {
  const address = new URL(location.href);
  for (const name of ["con_id", "side", "price", "quantity"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}

// A page that nobody looks at needs no quotes. Back in sight, a snapshot comes first.
function showOrRest() {
  if (document.hidden) wanted.rest();
  else wanted.wake();
}
