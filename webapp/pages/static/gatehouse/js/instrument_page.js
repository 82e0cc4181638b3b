// The page of one instrument: its quote, its chart and its book, and what is open in it.

import { openAccountPage } from "./account_page.js";
import { wordsOfPage } from "./cells.js";
import { Charting } from "./charting.js";
import { Depth } from "./depth.js";
import { watchDialogs } from "./dialogs.js";
import { Grid } from "./grid.js";
import { Orders } from "./orders.js";
import { Positions } from "./positions.js";
import { marketMoved, watchTicket } from "./ticket.js";

const chartPanel = document.getElementById("chart-panel");
const depthPanel = document.getElementById("depth-panel");
const conId = Number(chartPanel.dataset.conId);

const grid = new Grid(() => document.getElementById("head-quote"));
const orders = new Orders(wordsOfPage());
const positions = new Positions();
const charting = new Charting(chartPanel, { changed: () => subscribe() });
const depth = new Depth(depthPanel);
let isDepthInSight = false;

const socket = openAccountPage({
  stood() {
    grid.showAges();
    if (document.body.matches(".session-down")) depth.doubt();
  },
  events: {
    order: ({ body, number }) => body.con_id === conId && orders.apply(body, number),
    position: ({ body }) => body.con_id === conId && positions.apply(body),
  },
  snapshot(quotes, panes) {
    grid.snapshot(quotes);
    marketMoved();
    positions.marketMoved();
    if (document.hidden) return;
    charting.ask();
    depth.doubt();
    panes.forEach(apply);
  },
  quotes(quotes, panes) {
    grid.quotes(quotes);
    marketMoved();
    positions.marketMoved();
    panes.forEach(apply);
  },
});

function apply(body) {
  if (body.pane === charting.pane) charting.apply(body);
  if (body.pane === depth.pane) depth.apply(body);
}

// A page that nobody looks at needs nothing, and IB shows few books at a time.
function subscribe() {
  if (document.hidden) {
    charting.rest();
    return socket.subscribe([], []);
  }
  return socket.subscribe([conId], [charting.pane, ...(isDepthInSight ? [depth.pane] : [])]);
}

new IntersectionObserver((entries) => {
  isDepthInSight = entries.at(-1).isIntersecting;
  subscribe();
}).observe(depthPanel);
document.addEventListener("visibilitychange", subscribe);
watchDialogs();
watchTicket({ placed: (body) => orders.placed(body) });
