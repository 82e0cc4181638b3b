// The session's page: follows the state without a reload.

import { showAlert } from "./alerts.js";
import { wordsOfPage } from "./cells.js";
import { showConnection } from "./connection.js";
import { showKillSwitch } from "./kill_switch.js";
import { openLive } from "./live.js";
import { showLiveTrading } from "./live_trading.js";
import { remember } from "./past.js";
import { Session } from "./session.js";

const words = wordsOfPage();
const session = new Session(words);

openLive({
  state(state) {
    showConnection(state);
    session.renderLink(state);
  },
  session: (body) => session.render(body),
  event(event) {
    if (event.kind === "kill_switch") showKillSwitch(event.body);
    if (event.kind === "alert") showAlert(event.body);
    if (event.kind === "session") session.render(event.body);
    if (event.kind === "live_trading") showLiveTrading(event.body);
    remember(event, words);
  },
});
