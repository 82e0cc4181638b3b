// The columns to choose from, put into an order before they are stored.

import { nudge, watchDrags } from "./reorder.js";

const COLUMN = "li[data-column]";

export function watchOfferedColumns() {
  watchDrags({ container: offered, items: COLUMN, grip: "[data-grip]", moved() {} });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-nudge]");
    const column = button?.closest(COLUMN);
    if (!column) return;
    nudge(column, Number(button.dataset.nudge), COLUMN);
    button.focus();
  });
}

function offered() {
  return document.querySelector("[data-offered-columns]");
}
