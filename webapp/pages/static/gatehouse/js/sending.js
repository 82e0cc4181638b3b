// A ticket on its way. Its answer is shown; without one it isn't known what became of it, and the server is asked.

import { sentenceOf } from "./answers.js";

const SENDING = "Sending…";
const UNKNOWN = "Unknown, checking: no answer came, so the order may or may not have been taken.";
const NOT_HERE = "So far the server has no order of this ticket. Sending it again is safe: one ticket can't become two orders.";
const NO_SERVER = "The server can't be reached; it is asked again by itself.";
const UNKNOWN_CHANGE =
  "Unknown: no answer came, so the change may or may not have been taken. The order's row says Changing, or has the new terms, if it was. Sending the same change again is safe.";
const SIGNED_OUT = "You are signed out. Sign in again and look at the order list before you place it anew.";
// Answers that come before the order is looked at.
const REFUSED = {
  403: "Nothing was sent: this page is too old. Reload it and open the ticket again.",
  404: "Nothing was sent: this account or order is gone, or isn't yours. Reload the page.",
};
const CHECK_EVERY = 2_000;
const CHECK_WITHIN = 5_000;

export function watchSending() {
  document.body.addEventListener("htmx:beforeRequest", begin);
  for (const type of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(type, (event) => lost(event.target));
  document.body.addEventListener("htmx:responseError", refused);
  document.body.addEventListener("htmx:beforeSwap", dropWhatIsNoAnswer);
}

// While it is on its way, or nobody knows what became of it, nothing else takes its place.
export function isUnsettled() {
  return document.querySelector("[data-sends].htmx-request, [data-sends][data-lost]") !== null;
}

function begin(event) {
  const form = event.target;
  if (isPanel(event.detail.target) && isUnsettled() && !form.matches("[data-sends]")) return keepInSight(event);
  if (!form.matches("[data-sends]")) return undefined;
  delete form.dataset.lost;
  form.querySelector("[data-lost-words]").hidden = true;
  return say(form, SENDING);
}

function keepInSight(event) {
  event.preventDefault();
  document.getElementById("ticket-panel").scrollIntoView({ block: "nearest" });
}

function refused({ target, detail }) {
  if (!target.matches("[data-sends]")) return;
  const text = detail.xhr.status in REFUSED ? (sentenceOf(detail.xhr) ?? REFUSED[detail.xhr.status]) : null;
  if (text) say(target, text);
  else lost(target);
}

// A proxy that can't reach the server has statuses in common with us, and answers with a page of its own.
function dropWhatIsNoAnswer({ detail }) {
  const form = detail.requestConfig?.elt;
  if (!form?.matches("[data-sends]") || detail.xhr.getResponseHeader("HX-Redirect")) return;
  if (detail.isError || detail.serverResponse.includes('id="ticket-panel"')) return;
  detail.shouldSwap = false;
  lost(form);
}

function lost(form) {
  if (!form.matches("[data-sends]")) return;
  form.dataset.lost = "yes";
  form.querySelector("[data-send-label]").textContent = "Send again";
  say(form, "");
  if (!form.dataset.placedUrl) return tell(form, UNKNOWN_CHANGE);
  tell(form, UNKNOWN);
  return check(form);
}

async function check(form) {
  if (!isLost(form)) return;
  const { found, why } = await ask(form.dataset.placedUrl);
  if (!isLost(form)) return;
  if (found) return show(found);
  tell(form, `${UNKNOWN} ${why}`);
  if (why !== SIGNED_OUT) setTimeout(() => check(form), CHECK_EVERY);
}

function isLost(form) {
  return form.isConnected && form.dataset.lost === "yes";
}

async function ask(url) {
  try {
    const options = { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(CHECK_WITHIN), cache: "no-store" };
    const answer = await fetch(url, options);
    if (answer.headers.get("HX-Redirect")) return { why: SIGNED_OUT };
    if (answer.status === 404) return { why: NOT_HERE };
    return answer.ok ? { found: await answer.text() } : { why: NO_SERVER };
  } catch {
    return { why: NO_SERVER };
  }
}

function show(placed) {
  const target = document.getElementById("ticket-panel");
  globalThis.htmx.swap(target, placed, { swapStyle: "outerHTML" }, { eventInfo: { target } });
}

// Said once per change of words: a live region that repeats itself babbles.
function tell(form, text) {
  const line = form.querySelector("[data-lost-words]");
  line.hidden = false;
  if (line.textContent !== text) line.textContent = text;
}

function say(form, text) {
  form.querySelector("[data-sending]").textContent = text;
}

function isPanel(target) {
  return target?.id === "ticket-panel";
}
