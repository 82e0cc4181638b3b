// A ticket on its way. Its answer is shown; without one it isn't known what became of it, and the server is asked.

import { sentenceOf } from "./answers.js";

const SENDING = "Sending…";
const UNKNOWN = "Unknown, checking: no answer came, so the order may or may not have been taken.";
const UNKNOWN_CHANGE =
  "Unknown: no answer came, so the change may or may not have been taken. The order's row says Changing, or has the new terms, if it was. Sending the same change again is safe.";
// Answers that come before the order is looked at. They speak of this try alone.
const REFUSED = {
  403: { reason: "this page is too old", then: "Reload it and open the ticket again." },
  404: { reason: "this account or order is gone, or isn't yours", then: "Reload the page." },
};
const NO_RIGHT = "you may no longer trade on this account";
// What the server says of the order when it is asked.
const NOT_HERE = "So far the server has no order of this ticket. However often it is sent, it can't become two orders.";
const NO_SERVER = "The server can't be reached; it is asked again by itself.";
const SIGNED_OUT = "You are signed out. Sign in again and look at the order list before you place it anew.";
const WITHHELD = {
  403: "You may look at this account and no longer trade on it: its order list says whether it has the order.",
  404: "This account is gone, or isn't shared with you any more: its owner can see whether it has the order.",
};
const CHECK_EVERY = 2_000;
const CHECK_WITHIN = 5_000;

export function watchSending() {
  document.body.addEventListener("htmx:beforeRequest", begin);
  for (const type of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(type, (event) => lost(event.target));
  document.body.addEventListener("htmx:responseError", refused);
  document.body.addEventListener("htmx:beforeOnLoad", stayIfUnsettled);
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

function refused({ target: form, detail: { xhr } }) {
  if (!form.matches("[data-sends]")) return;
  if (!(xhr.status in REFUSED)) lost(form);
  else if (form.dataset.wasLost) lost(form, refusedAgain(form, xhr));
  else say(form, refusedAtOnce(xhr));
}

function refusedAtOnce(xhr) {
  const { reason, then } = REFUSED[xhr.status];
  return sentenceOf(xhr) ?? `Nothing was sent: ${reason}. ${then}`;
}

// The server's sentence would say that nothing was sent.
function refusedAgain(form, xhr) {
  return tryRefused(form, sentenceOf(xhr) ? NO_RIGHT : REFUSED[xhr.status].reason);
}

function tryRefused({ dataset: { placedUrl } }, reason) {
  const look = placedUrl ? "Look at the orders before you place it again." : "The order's row says Changing, or has the new terms, if it was.";
  return `Unknown: this try was refused (${reason}), but the one before it may have been taken. ${look}`;
}

// Whoever is signed out is moved to the sign-in page, by what refreshes by itself too: not from what nobody knows about.
function stayIfUnsettled(event) {
  const { target: element, detail } = event;
  if (!detail.xhr.getResponseHeader("HX-Redirect") || !isUnsettled()) return;
  const sends = element.matches("[data-sends]");
  if (sends && !element.dataset.wasLost) return;
  event.preventDefault();
  if (sends) lost(element, tryRefused(element, "you are signed out"));
}

// A proxy that can't reach the server has statuses in common with us, and answers with a page of its own.
function dropWhatIsNoAnswer({ detail }) {
  const form = detail.requestConfig?.elt;
  if (!form?.matches("[data-sends]") || detail.xhr.getResponseHeader("HX-Redirect")) return;
  if (detail.isError || detail.serverResponse.includes('id="ticket-panel"')) return;
  detail.shouldSwap = false;
  lost(form);
}

// `unknown` says what isn't known. That a try was lost is never forgotten: a later one's refusal says nothing of it.
function lost(form, unknown = form.dataset.placedUrl ? UNKNOWN : UNKNOWN_CHANGE) {
  if (!form.matches("[data-sends]")) return undefined;
  Object.assign(form.dataset, { lost: "yes", wasLost: "yes" });
  form.querySelector("[data-send-label]").textContent = "Send again";
  say(form, "");
  tell(form, unknown);
  return form.dataset.placedUrl && check(form, unknown);
}

let newestCheck = 0;

async function check(form, unknown) {
  // One at a time: a try that is lost again is asked for anew.
  const own = (newestCheck += 1);
  const isOver = () => own !== newestCheck || !isLost(form);
  const { found, why } = await ask(form.dataset.placedUrl);
  if (isOver()) return;
  if (found) return show(found);
  tell(form, `${unknown} ${why}`);
  if (why !== SIGNED_OUT) setTimeout(() => isOver() || check(form, unknown), CHECK_EVERY);
}

function isLost(form) {
  return form.isConnected && form.dataset.lost === "yes";
}

async function ask(url) {
  try {
    const options = { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(CHECK_WITHIN), cache: "no-store" };
    const answer = await fetch(url, options);
    if (answer.headers.get("HX-Redirect")) return { why: SIGNED_OUT };
    if (answer.status === 204) return { why: NOT_HERE };
    return answer.ok ? { found: await answer.text() } : { why: WITHHELD[answer.status] ?? NO_SERVER };
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
