// The search box and what it found. Enter takes the only result, arrows go through several, Escape clears all; an answer
// that comes too late stays away. Taken, an instrument is added or shown: nothing here opens a ticket or sends an order unasked.

import { placeAfter } from "./keys.js";
import { openTicket } from "./row_keys.js";
import { enterMeans, Searched } from "./searched.js";

// `showRow(conId)` is for what stands on the list already.
export function watchSearch({ showRow }) {
  const input = document.getElementById("search-input");
  const results = document.getElementById("search-results");
  const searched = new Searched();
  input.addEventListener("keydown", (event) => keyInBox(event, actions()));
  input.addEventListener("input", () => {
    searched.typed();
    if (input.value === "") empty();
  });
  results.addEventListener("keydown", (event) => event.key === "Escape" && clear());
  watchAnswers(input.form, results, { searched, answered: () => searched.isAnswered() && take(actions()) });
  results.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close-search]")) clear();
    const shown = target.closest("[data-show-row]");
    if (shown) showRow(shown.dataset.showRow);
  });

  function clear() {
    input.value = "";
    empty();
    input.focus();
  }

  function empty() {
    searched.forget();
    results.replaceChildren();
  }

  // One for each result: adds it or shows it.
  function actions() {
    return [...results.querySelectorAll("[data-result-action]")];
  }

  function keyInBox(event, found) {
    if (event.key === "Escape") clear();
    if (event.key === "ArrowDown" && found.length > 0) {
      event.preventDefault();
      found[0].focus();
    }
    if (event.key === "Enter" && !event.isComposing) enter(event);
  }

  // What the results don't answer is asked first, by the form's own submit.
  function enter(event) {
    const isThere = !event.repeat && searched.enter(sent(input.form));
    if (event.repeat || isThere) event.preventDefault();
    if (isThere) take(actions());
  }

  function take(found) {
    const means = enterMeans(found.length);
    if (means === "take") found[0].click();
    if (means === "choose") found[0].focus();
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

function watchAnswers(form, results, { searched, answered }) {
  const input = form.elements.q;
  form.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target !== form) return;
    if (isTypedEmpty(event, input) || !searched.asks(sent(form), { isSubmit: isSubmit(event) })) event.preventDefault();
  });
  form.addEventListener("htmx:afterRequest", ({ target, detail }) => target === form && !detail.successful && searched.failed());
  form.addEventListener("htmx:beforeSwap", (event) => isLate(event, input) && (event.detail.shouldSwap = false));
  form.addEventListener("htmx:afterSwap", () => markWrongField(form, results));
  // Not before htmx knows the results' own forms: a click would leave the page.
  form.addEventListener("htmx:afterSettle", ({ detail }) => detail.target === results && answered());
}

function sent(form) {
  return new URLSearchParams(new FormData(form)).toString();
}

// Clearing the box asks nothing; pressing Search with an empty one gets the message that says what to type.
function isTypedEmpty(event, input) {
  return input.value.trim() === "" && !isSubmit(event);
}

function isSubmit({ detail }) {
  return detail.requestConfig.triggeringEvent?.type === "submit";
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
