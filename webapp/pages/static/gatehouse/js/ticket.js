// The order ticket: opened by a click on a price, stepped by the instrument's increments. `review.js` and `sending.js`
// are what follows.

import { product, quotient, stepped } from "./decimal.js";
import { number, rounded } from "./format.js";
import { newest } from "./newest.js";
import { arm, watchReview } from "./review.js";
import { isUnsettled, watchSending } from "./sending.js";
import { decimalsAt, stepAt } from "./steps.js";

// The price that was clicked: where the focus goes back to.
let opener = null;

export function watchTicket({ placed }) {
  watchReview();
  watchSending();
  // A ticket that was painted with the page.
  openPainted();
  // Before a click of any kind, and before a menu: a new window then opens at the price, too.
  document.addEventListener("pointerdown", ({ target }) => takePrice(priceAt(target)));
  document.addEventListener("click", openFromPrice);
  document.addEventListener("click", (event) => event.target.closest("[data-close-ticket]") && close());
  document.addEventListener("keydown", closeByKey);
  document.addEventListener("click", stepByButton);
  document.addEventListener("keydown", stepByKey);
  for (const type of ["input", "change"]) document.addEventListener(type, (event) => refresh(event.target.form));
  document.body.addEventListener("htmx:afterSwap", (event) => arrived(event, placed));
}

function openFromPrice(event) {
  const link = priceAt(event.target);
  takePrice(link);
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  opener = link;
  globalThis.htmx.ajax("GET", link.href, { target: "#ticket-panel", swap: "outerHTML" });
}

function openPainted() {
  const form = document.getElementById("ticket");
  if (!form) return;
  const { con_id: conId, side } = form.elements;
  opener = document.querySelector(`tr[data-con-id="${conId.value}"] a.price[data-side="${side.value}"]`);
  opened();
}

function priceAt(target) {
  return target.closest?.("td[data-field]")?.querySelector("a.price");
}

function takePrice(link) {
  if (!link) return;
  const address = new URL(link.href);
  address.searchParams.set("price", link.dataset.price ?? "");
  link.href = address;
}

function closeByKey(event) {
  if (event.key === "Escape" && event.target.closest(".ticket-panel.open") && !isUnsettled()) close();
}

function close() {
  // Closing would not call back what is on its way, and would hide what becomes of it.
  if (document.querySelector("[data-sends].htmx-request")) return;
  const closed = document.getElementById("ticket-closed").content.cloneNode(true);
  document.getElementById("ticket-panel").replaceWith(closed);
  opener?.focus();
}

function arrived({ detail }, placed) {
  if (detail.target.id !== "ticket-panel") return;
  const panel = document.getElementById("ticket-panel");
  const answer = panel.querySelector("#placed-order");
  if (answer) placed(JSON.parse(answer.textContent));
  opened();
}

function opened() {
  const panel = document.getElementById("ticket-panel");
  const wrong = panel.querySelector("[aria-invalid]");
  (wrong ?? panel.querySelector("#ticket-confirm, #ticket-quantity") ?? panel.querySelector("[data-focus]"))?.focus();
  arm(panel);
  refresh(document.getElementById("ticket"));
  warnOfPrice();
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
  const next = stepped(input.value, stepAt(stepper.dataset.steps, input.value.trim(), by), by);
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
  warnOfPrice();
  const step = stepAt(form.dataset.priceSteps, form.elements.limit_price.value.trim());
  form.querySelector("[data-step-shown]").textContent = step ?? "";
  form.querySelector("[data-send-label]").textContent = side === "SELL" ? "sell" : "buy";
  form.querySelector(".review").className = `review review-${side.toLowerCase()}`;
}

function confirmation(form) {
  const { side, quantity, order_type: type, limit_price: price, time_in_force: tif } = form.elements;
  const { symbol, priceSteps, currency, multiplier, magnifier } = form.dataset;
  const order = {
    side: side.value,
    quantity: quantity.value.trim(),
    symbol,
    orderType: type.value,
    limitPrice: price.value.trim(),
    timeInForce: tif.value,
    decimals: decimalsAt(priceSteps, price.value.trim()),
  };
  const value = orderValue(order, multiplier || "1", magnifier);
  return orderLine(order) + (value === null ? "" : ` (about ${value} ${currency})`);
}

// As `words.order_line`.
export function orderLine({ side, quantity, symbol, orderType, limitPrice, timeInForce, decimals = 2 }) {
  const limit = shownAmount(limitPrice, decimals);
  const price = orderType === "LMT" ? `at a limit of ${limit}` : { MKT: "at market" }[orderType] ?? orderType;
  const lasting = { DAY: "day order", GTC: "until cancelled" }[timeInForce] ?? timeInForce;
  return `${side === "SELL" ? "Sell" : "Buy"} ${shownAmount(quantity, 0)} ${symbol} ${price}, ${lasting}`;
}

// As `words.order_value`: null for what isn't a limit order of two valid numbers.
export function orderValue({ orderType, quantity, limitPrice }, multiplier, magnifier = "1") {
  if (orderType !== "LMT" || !isAmount(quantity) || !isAmount(limitPrice)) return null;
  return number(rounded(quotient(product(product(quantity, limitPrice), multiplier), magnifier), 2), 2);
}

function shownAmount(text, decimals) {
  return isAmount(text) ? number(text, decimals) : "…";
}

// Above zero, and no more digits than an amount can have. Whether it is a good one, the server judges.
const AMOUNT = /^(?=.*[1-9])([0-9]{1,18}(\.[0-9]{0,10})?|\.[0-9]{1,10})$/;

function isAmount(text) {
  return AMOUNT.test(text ?? "");
}

// A limit far on the wrong side of the price on screen is said, not stopped. Called when a quote comes, too.
export function warnOfPrice() {
  const form = document.getElementById("ticket") ?? document.getElementById("ticket-review");
  if (!form) return;
  const { con_id: conId, order_type: type, side, limit_price: price } = form.elements;
  const mark = markOf(conId.value, side.value);
  const text = type.value === "LMT" ? farLimit(side.value, price.value.trim(), mark) : "";
  const line = form.querySelector("[data-far-limit]");
  if (line.textContent !== text) line.textContent = text;
}

function markOf(conId, side) {
  const quote = newest.get(conId);
  if (quote?.last) return { name: "last price", price: quote.last };
  const name = side === "SELL" ? "bid" : "ask";
  return { name, price: quote?.[name] };
}

export function farLimit(side, limit, { name, price }) {
  if (!isAmount(limit) || !isAmount(price)) return "";
  const percent = ((Number(limit) - Number(price)) / Number(price)) * 100;
  const [harm, direction] = side === "SELL" ? [-percent, "below"] : [percent, "above"];
  return harm > 10 ? `This limit is ${Math.round(harm)} % ${direction} the ${name}.` : "";
}
