// The search box and what it found. Enter takes the only result, arrows go through several, Escape clears all; an answer
// that comes too late stays away. Taken, an instrument is added, shown or gets a ticket: nothing here sends an order.

import { placeAfter } from "./keys.js";
import { openTicket } from "./row_keys.js";

// `showRow(conId)` is for what stands on the list already.
export function watchSearch({ showRow }) {
  const input = document.getElementById("search-input");
  const results = document.getElementById("search-results");
  // What was asked last, and what the results answer, as the form sends it. Enter before the answer is kept until it comes.
  let asked = null, answered = null, takesNext = false;
  input.addEventListener("keydown", (event) => keyInBox(event, actions()));
  input.addEventListener("input", () => {
    takesNext = false;
    if (input.value === "") empty();
  });
  results.addEventListener("keydown", (event) => event.key === "Escape" && clear());
  input.form.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target !== input.form) return;
    const again = !isSubmit(event) && asked === sent(input.form);
    if (isTypedEmpty(event, input) || again) event.preventDefault();
    else asked = sent(input.form);
  });
  input.form.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (target === input.form && !detail.successful) asked = null;
  });
  input.form.addEventListener("htmx:beforeSwap", (event) => isLate(event, input) && (event.detail.shouldSwap = false));
  input.form.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target !== results) return;
    markWrongField(input.form, results);
    answered = asked;
    if (takesNext) take(actions());
  });
  results.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close-search]")) clear();
    const shown = target.closest("[data-show-row]");
    if (shown) showRow(shown.dataset.showRow);
  });

  function clear() {
    input.value = "";
    takesNext = false;
    empty();
    input.focus();
  }

  function empty() {
    asked = answered = null;
    results.replaceChildren();
  }

  // One for each result: adds it, shows it or opens its ticket.
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
    takesNext = !event.repeat;
    if (event.repeat || answered === sent(input.form)) event.preventDefault();
    if (takesNext && answered === sent(input.form)) take(actions());
  }

  function take(found) {
    takesNext = false;
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

// The only result is the one that is meant; of several the first is lit up, and another Enter takes it.
export function enterMeans(count) {
  return count === 0 ? "nothing" : count === 1 ? "take" : "choose";
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
