// The search box and what it found. Escape clears both, arrows go through the results, an answer that comes too late
// stays away.

import { placeAfter } from "./keys.js";
import { openTicket } from "./row_keys.js";

// `showRow(conId)` is for what stands on the list already.
export function watchSearch({ showRow }) {
  const input = document.getElementById("search-input");
  const results = document.getElementById("search-results");
  input.addEventListener("keydown", (event) => keyInBox(event, actions()));
  input.addEventListener("input", () => input.value === "" && results.replaceChildren());
  results.addEventListener("keydown", (event) => event.key === "Escape" && clear());
  input.form.addEventListener("htmx:beforeRequest", (event) => isTypedEmpty(event, input) && event.preventDefault());
  input.form.addEventListener("htmx:beforeSwap", (event) => isLate(event, input) && (event.detail.shouldSwap = false));
  input.form.addEventListener("htmx:afterSwap", () => markWrongField(input.form, results));
  results.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close-search]")) clear();
    const shown = target.closest("[data-show-row]");
    if (shown) showRow(shown.dataset.showRow);
  });

  function clear() {
    input.value = "";
    results.replaceChildren();
    input.focus();
  }

  // One for each result: adds it, shows it or opens its ticket.
  function actions() {
    return [...results.querySelectorAll("[data-result-action]")];
  }

  function keyInBox(event, found) {
    if (event.key === "Escape") clear();
    if (event.key !== "ArrowDown" || found.length === 0) return;
    event.preventDefault();
    found[0].focus();
  }

  return {
    focus() {
      input.focus();
      input.select();
    },
    // False when the key is not for a result.
    act(meaning, target) {
      const result = target.closest?.("[data-result-con-id]");
      if (!result) return false;
      const side = { buy: "BUY", sell: "SELL" }[meaning];
      if (side) return openTicket(result, side), true;
      const found = actions();
      const place = found.indexOf(result.querySelector("[data-result-action]"));
      if (meaning === "previous" && place === 0) return input.focus(), true;
      if (!["previous", "next", "first", "last"].includes(meaning)) return false;
      found[placeAfter(meaning, place, found.length)].focus();
      return true;
    },
  };
}

// Clearing the box asks nothing; pressing Search with an empty one gets the message that says what to type.
function isTypedEmpty({ detail }, input) {
  return input.value.trim() === "" && detail.requestConfig.triggeringEvent?.type !== "submit";
}

function isLate({ detail }, input) {
  return detail.target.id === "search-results" && detail.requestConfig.parameters.q !== input.value;
}

function markWrongField(form, results) {
  const wrong = results.querySelector("[data-wrong-field]")?.dataset.wrongField;
  for (const field of form.querySelectorAll("[data-search-terms] :is(input, select)")) {
    const isWrong = field.name === wrong;
    field.closest(".field").classList.toggle("wrong", isWrong);
    if (isWrong) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}
