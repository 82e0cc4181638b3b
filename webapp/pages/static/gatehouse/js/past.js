// The list of what happened on an account: one line at the top for each event that it tells of.

import { alertLabel } from "./alerts.js";
import { liveTradingLabel } from "./live_trading.js";
import { moreThan, stateWords } from "./session.js";
import { timeElement } from "./times.js";

// By kind: the label and the sentence behind it, as the server paints them.
const SAID = {
  session: (body, words) => sessionSaid(stateWords(body, words), body),
  alert: (body) => [alertLabel(body), body.alert],
  live_trading: (body) => [liveTradingLabel(body), ""],
};

export function remember({ at, kind, body }, words) {
  if (!SAID[kind]) return;
  const [label, sentence] = SAID[kind](body, words);
  for (const list of document.querySelectorAll("[data-past]")) {
    if (textOf(list.firstElementChild) !== `${label} ${sentence}`.trim()) list.prepend(line(at, label, sentence));
  }
}

function sessionSaid({ label }, { reason }) {
  return [label, moreThan(label, reason)];
}

// Of a line: an event that says what the one before it said tells nobody anything.
function textOf(item) {
  return item?.querySelector("span").textContent.trim();
}

function line(at, label, sentence) {
  const item = document.createElement("li");
  const said = document.createElement("span");
  const strong = document.createElement("strong");
  strong.textContent = label;
  said.append(strong, ` ${sentence}`);
  item.append(timeElement(at), " ", said);
  return item;
}
