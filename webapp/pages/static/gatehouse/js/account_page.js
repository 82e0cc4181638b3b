// What every page beside the trading screen does with the live socket: the session's state, stops and alerts, wherever
// it shows them.

import { showAlert } from "./alerts.js";
import { wordsOfPage } from "./cells.js";
import { showConnection } from "./connection.js";
import { showKillSwitch } from "./kill_switch.js";
import { openLive } from "./live.js";
import { showLiveTrading } from "./live_trading.js";
import { Session } from "./session.js";

// `events` by their kind; `stood` is called when it has changed whether prices are current.
export function openAccountPage({ events = {}, stood, snapshot, quotes }) {
  const session = new Session(wordsOfPage());
  const showSession = (body) => {
    session.render(body);
    stood();
  };
  const appliers = {
    session: ({ body }) => showSession(body),
    kill_switch: ({ body }) => showKillSwitch(body),
    alert: ({ body }) => showAlert(body),
    live_trading: ({ body }) => showLiveTrading(body),
    ...events,
  };
  return openLive({
    state(state) {
      showConnection(state);
      session.renderLink(state);
      stood();
    },
    session: showSession,
    event: (event) => appliers[event.kind]?.(event),
    snapshot,
    quotes,
  });
}
