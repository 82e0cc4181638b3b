// The order ticket: opened by a click on a price, stepped by the instrument's increments, sent once.

import { stepped } from "./decimal.js";

const SENDING = "Sending…";
const NO_ANSWER =
  "No answer came, so the order may or may not be here. Look at the order list. Pressing the button again sends this same ticket, which can't become a second order.";
// Answers that come before the order is looked at.
const REFUSED = {
  403: "Nothing was sent: this page is too old. Reload it and open the ticket again.",
  404: "Nothing was sent: this account is gone, or isn't yours. Reload the page.",
};

// The price that was clicked: where the focus goes back to.
let opener = null;

export function watchTicket({ placed }) {
  document.addEventListener("click", openFromPrice);
  document.addEventListener("click", (event) => event.target.closest("[data-close-ticket]") && close());
  document.addEventListener("keydown", (event) => event.key === "Escape" && event.target.closest(".ticket-panel.open") && close());
  document.addEventListener("click", stepByButton);
  document.addEventListener("keydown", stepByKey);
  for (const type of ["input", "change"]) document.addEventListener(type, (event) => refresh(event.target.form));
  document.body.addEventListener("htmx:afterSwap", (event) => arrived(event, placed));
  document.body.addEventListener("htmx:beforeRequest", (event) => say(event, SENDING));
  for (const type of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(type, (event) => say(event, NO_ANSWER));
  document.body.addEventListener("htmx:responseError", (event) => say(event, REFUSED[event.detail.xhr.status] ?? NO_ANSWER));
}

function openFromPrice(event) {
  const link = event.target.closest("td[data-field]")?.querySelector("a.price");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  opener = link;
  const price = link.dataset.price ? `&price=${encodeURIComponent(link.dataset.price)}` : "";
  globalThis.htmx.ajax("GET", link.href + price, { target: "#ticket-panel", swap: "outerHTML" });
}

function close() {
  // Closing would not call back what is on its way, and would hide what becomes of it.
  if (document.querySelector("#ticket.htmx-request")) return;
  const closed = document.getElementById("ticket-closed").content.cloneNode(true);
  document.getElementById("ticket-panel").replaceWith(closed);
  opener?.focus();
}

function arrived({ detail }, placed) {
  if (detail.target.id !== "ticket-panel") return;
  const panel = document.getElementById("ticket-panel");
  const answer = panel.querySelector("#placed-order");
  if (answer) placed(JSON.parse(answer.textContent));
  const wrong = panel.querySelector("[aria-invalid]");
  (wrong ?? panel.querySelector("#ticket-quantity, [data-focus]"))?.focus();
  refresh(document.getElementById("ticket"));
}

function stepByButton({ target }) {
  const button = target.closest("[data-step-by]");
  if (button) step(button.parentElement, Number(button.dataset.stepBy));
}

function stepByKey(event) {
  const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  const stepper = event.target.closest?.(".stepper");
  if (!by || !stepper || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  step(stepper, by);
}

function step(stepper, by) {
  const input = stepper.querySelector("input");
  const next = stepped(input.value, stepper.dataset.step, by);
  if (next === null) return;
  input.value = next;
  refresh(input.form);
}

// Keeps the sentence beside the button true to what the form holds; `words.order_line` makes the first one.
function refresh(form) {
  if (form?.id !== "ticket") return;
  const [type, side] = [form.elements.order_type.value, form.elements.side.value];
  const limit = form.querySelector("[data-limit-field]");
  limit.hidden = type === "MKT";
  form.querySelector("[data-confirmation]").textContent = confirmation(form);
  form.querySelector("[data-send-label]").textContent = side === "SELL" ? "Sell" : "Buy";
  form.querySelector(".send").className = `send send-${side.toLowerCase()}`;
}

function confirmation(form) {
  const { side, quantity, order_type: type, limit_price: price, time_in_force: tif } = form.elements;
  return orderLine({
    side: side.value,
    quantity: quantity.value.trim(),
    symbol: form.dataset.symbol,
    orderType: type.value,
    limitPrice: price.value.trim(),
    timeInForce: tif.value,
  });
}

export function orderLine({ side, quantity, symbol, orderType, limitPrice, timeInForce }) {
  const price = orderType === "LMT" ? `at a limit of ${limitPrice || "…"}` : { MKT: "at market" }[orderType] ?? orderType;
  const lasting = { DAY: "day order", GTC: "until cancelled" }[timeInForce] ?? timeInForce;
  return `${side === "SELL" ? "Sell" : "Buy"} ${quantity || "…"} ${symbol} ${price}, ${lasting}`;
}

function say({ target }, text) {
  if (target.id === "ticket") target.querySelector("[data-sending]").textContent = text;
}
