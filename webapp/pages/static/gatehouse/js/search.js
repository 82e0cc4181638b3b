// The search box: Escape clears it and its results, an answer that comes too late stays away.

export function watchSearch() {
  const input = document.getElementById("search-input");
  const results = document.getElementById("search-results");
  input.addEventListener("keydown", ({ key }) => key === "Escape" && clear());
  input.addEventListener("input", () => input.value === "" && results.replaceChildren());
  input.form.addEventListener("htmx:beforeRequest", (event) => isTypedEmpty(event, input) && event.preventDefault());
  input.form.addEventListener("htmx:beforeSwap", (event) => isLate(event, input) && (event.detail.shouldSwap = false));

  results.addEventListener("click", ({ target }) => target.closest("[data-close-search]") && clear());

  function clear() {
    input.value = "";
    results.replaceChildren();
    input.focus();
  }
}

// Clearing the box asks nothing; pressing Search with an empty one gets the message that says what to type.
function isTypedEmpty({ detail }, input) {
  return input.value.trim() === "" && detail.requestConfig.triggeringEvent?.type !== "submit";
}

function isLate({ detail }, input) {
  return detail.target.id === "search-results" && detail.requestConfig.parameters.q !== input.value;
}
