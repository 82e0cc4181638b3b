// A number with two buttons: stepped by its own increments, by click and by arrow key.

import { stepped } from "./decimal.js";
import { stepAt } from "./steps.js";

export function watchSteppers(changed) {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-step-by]");
    if (button) step(button.parentElement, Number(button.dataset.stepBy), changed);
  });
  document.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const stepper = event.target.closest?.(".stepper");
    if (!by || !stepper || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    step(stepper, by, changed);
  });
}

function step(stepper, by, changed) {
  const input = stepper.querySelector("input");
  const next = stepped(input.value, stepAt(stepper.dataset.steps, input.value.trim(), by), by, "signed" in stepper.dataset);
  if (next === null) return;
  input.value = next;
  changed(input.form);
}
