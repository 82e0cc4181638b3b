// The second step: an order or a change in words, which takes an act of its own to be sent.

// The second click of a double click on the step before comes sooner.
const ARMED_AFTER = 400;

export function watchReview() {
  document.addEventListener("keydown", dropHeldKey, true);
  document.addEventListener("keydown", goBack);
  for (const type of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.body.addEventListener(type, costsUnknown);
}

// Called with what has just been shown.
export function arm(panel) {
  const button = panel.querySelector("[data-arms]");
  if (!button) return;
  button.disabled = true;
  setTimeout(() => {
    button.disabled = false;
    // Whoever has moved on meanwhile stays there.
    if (document.activeElement === panel.querySelector("[data-focus]")) button.focus();
  }, ARMED_AFTER);
}

function costsUnknown({ target }) {
  if (target.matches("[data-costs]")) target.textContent = "Margin and commission: — (no answer came)";
}

// The key that opened this step is still down: it may not send, too.
function dropHeldKey(event) {
  if (event.repeat && event.target.closest?.("form:has([data-arms])")) event.preventDefault();
}

function goBack(event) {
  const back = event.key === "Escape" && event.target.closest?.(".ticket-panel")?.querySelector("[data-sends]:not([data-lost]) [data-back]:enabled");
  if (!back) return;
  event.stopImmediatePropagation();
  back.click();
}
