// The order ticket: opened by a click on a price, stepped by the instrument's increments. `review.js` and `sending.js`
// are what follows.

import { showEstimate } from "./estimate.js";
import { newest } from "./newest.js";
import { comesTo, isAmount, metBy, ownPrice } from "./order_value.js";
import { arm, watchReview } from "./review.js";
import { isUnsettled, watchSending } from "./sending.js";
import { watchSteppers } from "./steppers.js";
import { fillTimeZone, showDate, showTerms } from "./terms.js";
import { offerPrices, showTicketQuote, watchTicketQuote } from "./ticket_quote.js";

// A limit that stands at the market at once.
const HAVE_LIMITS = new Set(["LMT", "LOC"]);

// The price, or the order's Modify, that was clicked: where the focus goes back to.
let opener = null;

export function watchTicket({ placed }) {
  watchReview();
  watchSending();
  // A ticket that was painted with the page.
  openPainted();
  // Before a click of any kind, and before a menu: a new window then opens at the price, too.
  document.addEventListener("pointerdown", ({ target }) => takePrice(priceAt(target)));
  document.addEventListener("click", openFromLink);
  document.addEventListener("click", (event) => event.target.closest("[data-close-ticket]") && close());
  document.addEventListener("keydown", closeByKey);
  watchSteppers(refresh);
  watchTicketQuote({ taken: refresh, ticked: showValue });
  for (const type of ["input", "change"]) document.addEventListener(type, (event) => refresh(event.target.form));
  document.body.addEventListener("htmx:afterSwap", (event) => arrived(event, placed));
}

function openFromLink(event) {
  const link = priceAt(event.target) ?? event.target.closest("a[data-modify]");
  if (link?.matches(".price")) takePrice(link);
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
  const answer = panel.querySelector("#placed-order, #changed-order");
  if (answer) placed(JSON.parse(answer.textContent));
  opened();
}

function opened() {
  const panel = document.getElementById("ticket-panel");
  const wrong = panel.querySelector("[aria-invalid]");
  (wrong ?? panel.querySelector("#ticket-confirm, #ticket-quantity") ?? panel.querySelector("[data-focus]"))?.focus();
  arm(panel);
  fillTimeZone(panel);
  refresh(document.getElementById("ticket") ?? document.getElementById("change"));
  marketMoved();
}

// Called when a quote comes: what stands in the ticket, or in its review, follows the market.
export function marketMoved() {
  showTicketQuote();
  showValue();
  warnOfPrice();
}

// Keeps what stands around the fields true to what they hold.
function refresh(form) {
  if (form?.id === "change") showDate(form);
  if (form?.id === "ticket") showTerms(form);
  if (form?.matches("#ticket, #change")) offerPrices(form);
  if (form?.id !== "ticket") return;
  showValue();
  warnOfPrice();
  const side = form.elements.side.value.toLowerCase();
  form.querySelector("[data-send-label]").textContent = side;
  form.querySelector(".review").className = `review review-${side}`;
}

// A review that has a price of its own says what that comes to already.
function showValue() {
  const form = openForm();
  if (form?.id === "ticket") sayInTicket(form, comesTo(form, newest.get(form.elements.con_id.value)));
  else if (form && !ownPrice(form)) showEstimate(form);
}

function sayInTicket(form, text) {
  write(form.querySelector("[data-value]"), text ? `: about ${text}` : "");
}

function openForm() {
  return document.querySelector("#ticket, #ticket-review, #change-review");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A limit far on the wrong side of the price on screen is said, not stopped.
function warnOfPrice() {
  const form = document.getElementById("ticket") ?? document.getElementById("ticket-review");
  if (!form) return;
  const { con_id: conId, order_type: type, side, limit_price: price } = form.elements;
  const mark = markOf(conId.value, side.value);
  const text = HAVE_LIMITS.has(type.value) ? farLimit(side.value, price.value.trim(), mark) : "";
  write(form.querySelector("[data-far-limit]"), text);
}

function markOf(conId, side) {
  const quote = newest.get(conId);
  return quote?.last ? { name: "last price", price: quote.last } : ((quote && metBy(side, quote)) ?? {});
}

export function farLimit(side, limit, { name, price }) {
  if (!isAmount(limit) || !isAmount(price)) return "";
  const percent = ((Number(limit) - Number(price)) / Number(price)) * 100;
  const [harm, direction] = side === "SELL" ? [-percent, "below"] : [percent, "above"];
  return harm > 10 ? `This limit is ${Math.round(harm)} % ${direction} the ${name}.` : "";
}
