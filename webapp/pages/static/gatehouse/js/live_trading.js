// Whether a live account's orders may leave, wherever the page says so.

import { showTime } from "./times.js";

// `body` is `live_trading.as_body`. A paper account's page has nothing of this.
export function showLiveTrading({ applies, on, since }) {
  for (const element of document.querySelectorAll("[data-when-live-trading]")) {
    element.hidden = !applies || element.dataset.whenLiveTrading !== (on ? "on" : "off");
  }
  if (on) for (const element of document.querySelectorAll("[data-live-trading-since] time")) showTime(element, since);
}

// As `words.live_trading_label`.
export function liveTradingLabel({ on }) {
  return on ? "Live trading turned on" : "Live trading turned off";
}
