// The session's state, wherever the page shows it. The words come with the page, from `webapp/pages/words.py`.

import { showAlert } from "./alerts.js";
import { showSecondFactor } from "./second_factor.js";
import { showTime } from "./times.js";

export class Session {
  constructor(words) {
    this.words = words;
  }

  // `body` is `sessions.as_body`.
  render(body) {
    const words = stateWords(body, this.words);
    renderState({ ...words, state: body.state, reason: moreThan(words.label, body.reason), why: whyNotReady(words, body) });
    each("[data-session-since] time", (element) => showTime(element, body.since));
    showSecondFactor(body.second_factor);
    showAlert(body);
    this.#renderSuspension(body);
    this.#renderAccount(body);
    this.#renderOffers(body, words);
  }

  // The server can't be heard: what was true last may not be so now. The next greeting brings the session again.
  renderLink({ name }) {
    if (name !== "waiting" && name !== "ended") return;
    const words = this.words.out_of_reach;
    renderState({ ...words, state: "", why: words.reason });
    showSecondFactor(null);
    each("[data-when-not-ready]", (element) => (element.hidden = false));
  }

  #renderSuspension({ suspended }) {
    each("[data-when-suspended]", (element) => (element.hidden = !suspended));
    each("[data-suspended]", (element) => say(element, suspended ?? ""));
  }

  #renderAccount(body) {
    each("[data-account-code]", (element) => say(element, body.account_codes.join(", ") || "—"));
    each("[data-may-trade]", (element) => {
      element.dataset.mayTrade = { true: "yes", false: "no" }[body.may_trade] ?? "unknown";
      say(element, mayTrade(body));
    });
    each("[data-when-may-not-trade]", (element) => (element.hidden = body.may_trade !== false));
  }

  #renderOffers(body, words) {
    const offered = actions(body, words);
    each("[data-action]", (element) => (element.hidden = !offered.includes(element.dataset.action)));
    each("[data-start]", (button) => say(button, words.start));
    each("[data-action] button", (button) => (button.disabled = false));
    each("[data-when-ready]", (element) => (element.hidden = !body.takes_orders));
    each("[data-when-not-ready]", (element) => (element.hidden = body.takes_orders));
    document.body.classList.toggle("session-down", !body.takes_orders);
  }
}

function renderState({ state, label, tone, step, reason, doing, advice, why, gateway, broker }) {
  each("[data-session-state]", (element) => {
    element.dataset.sessionState = state;
    say(element, label);
  });
  each("[data-session-tone]", (element) => (element.dataset.tone = tone));
  each("[data-session-reason]", (element) => say(element, reason));
  each("[data-session-why]", (element) => say(element, why));
  each("[data-session-doing]", (element) => say(element, doing));
  each("[data-session-advice]", (element) => say(element, advice));
  renderPart("gateway", gateway);
  renderPart("broker", broker);
  renderSteps({ step, tone });
}

function renderPart(name, { tone, label }) {
  each(`[data-part="${name}"]`, (pill) => {
    pill.dataset.tone = tone;
    say(pill.querySelector("[data-part-label]"), label);
  });
}

// As `session_words.state_words`.
export function stateWords(body, { states, waiting, suspended, lost, broker_away: brokerAway }) {
  if (body.worker_lost) return lost;
  if (body.state === "SYNCING" && body.broker_lost) return brokerAway;
  if (body.state === "STOPPED" && body.suspended) return suspended;
  return body.state === "STOPPED" && body.desired_state === "RUNNING" ? waiting : states[body.state];
}

// As `session_words.why_not_ready`.
export function whyNotReady({ label }, { reason }) {
  return `The session isn't ready: ${reason || `${label}.`}`;
}

// As `session_words.more_than`.
export function moreThan(label, reason) {
  return reason.replace(/\.+$/, "").toLowerCase() === label.toLowerCase() ? "" : reason;
}

export function mayTrade({ may_trade: allowed, may_trade_reason: reason }) {
  if (allowed === null) return "Not known yet";
  if (allowed) return "Yes";
  return reason ? `No: ${reason}` : "No";
}

// As `session_words.actions`: what the state allows, less what was asked for already, but for a start in ERROR.
export function actions({ state, desired_state: desired }, words) {
  const askedFor = desired === "STOPPED" ? "stop" : "start";
  return words.actions.filter((action) => action !== askedFor || (action === "start" && state === "ERROR"));
}

function renderSteps({ step, tone }) {
  each("[data-steps] li", (item, place) => {
    const is = placeOf(place, step, tone);
    item.dataset.step = is;
    item.querySelector("[data-step-mark]").textContent = { done: " (done)", failed: " (failed)" }[is] ?? "";
    if (is === "current") item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}

function placeOf(place, step, tone) {
  if (step === null || place > step) return "to-come";
  if (place < step || tone === "ok") return "done";
  return tone === "bad" ? "failed" : "current";
}

// Only a text that changed is written: the regions around are live, and would be read out again.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function each(selector, act) {
  document.querySelectorAll(selector).forEach(act);
}
