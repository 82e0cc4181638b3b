// What opens over the screen without leaving it: a link's page as a fragment. With a modifier key it is a page.

const BODY = "order-dialog-body";

export function watchDialogs() {
  document.addEventListener("click", open);
  document.body.addEventListener("htmx:afterSwap", ({ detail }) => detail.target.id === BODY && show());
  // What is in it asks for news while it is there.
  document.getElementById("order-dialog").addEventListener("close", () => document.getElementById(BODY).replaceChildren());
  for (const choice of document.querySelectorAll("[data-remembered]")) remember(choice);
}

function open(event) {
  const link = event.target.closest("a[data-opens-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  globalThis.htmx.ajax("GET", link.href, { target: `#${BODY}`, swap: "innerHTML" });
}

function show() {
  const dialog = document.getElementById("order-dialog");
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[tabindex='-1']")?.focus();
}

// A choice of how the screen looks is this browser's own.
function remember(choice) {
  const key = `gatehouse:${choice.dataset.remembered}`;
  const kept = localStorage.getItem(key);
  const input = choice.querySelector(`input[value="${CSS.escape(kept ?? "")}"]`);
  if (input) input.checked = true;
  choice.addEventListener("change", ({ target }) => localStorage.setItem(key, target.value));
}
