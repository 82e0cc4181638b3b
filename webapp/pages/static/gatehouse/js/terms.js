// Which fields a ticket shows: those that its type has, by the table that the server sends along (`terms.table`).

import { stepAt } from "./steps.js";

export function showTerms(form) {
  const table = JSON.parse(form.dataset.terms);
  const { order_type: type, time_in_force: time } = form.elements;
  offerTimes(time, table[type.value].times);
  const shown = shownTerms(table[type.value], time.value);
  for (const field of form.querySelectorAll("[data-term]")) {
    field.hidden = !shown.has(field.dataset.term);
    showStep(field);
  }
}

// As `terms.shown`.
export function shownTerms({ terms, brief }, timeInForce) {
  const shown = new Set(terms.filter((term) => term !== "outside_rth" || !brief.includes(timeInForce)));
  if (timeInForce === "GTD") shown.add("good_till");
  return shown;
}

// Of an order that is there already, whose type stays: its date alone comes and goes.
export function showDate(form) {
  form.querySelector("[data-term=good_till]").hidden = form.elements.time_in_force.value !== "GTD";
}

// A date is typed by the reader's own clock, and its field says so; one that stands there keeps the clock it was read by.
export function fillTimeZone(root) {
  const input = root.querySelector("[data-term=good_till] [name=time_zone]");
  if (!input || root.querySelector("[name=good_till]").value) return;
  input.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  root.querySelector("[data-time-zone]").textContent = input.value;
}

// A choice that the type doesn't have can't be made; one that was made falls back to the first.
function offerTimes(select, times) {
  for (const option of select.options) option.disabled = !times.includes(option.value);
  if (select.selectedOptions[0]?.disabled) [select.value] = times;
}

function showStep(field) {
  const stepper = field.querySelector(":scope > .stepper");
  const shown = field.querySelector(":scope > .help [data-step-shown]");
  if (stepper && shown) shown.textContent = stepAt(stepper.dataset.steps, stepper.querySelector("input").value.trim()) ?? "";
}
