// The two dialogs of the watchlist: which keys there are, and what is shown how.

export function watchDialogs({ displayStored }) {
  document.addEventListener("click", ({ target }) => target.closest?.("[data-show-keys]") && showKeys());
  document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target.id === "display-body") open("display");
  });
  document.body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (target.id !== "display-form" || !detail.successful) return;
    document.getElementById("display").close();
    displayStored();
  });
}

export function showKeys() {
  open("keys");
}

export function isDialogOpen() {
  return document.querySelector("dialog[open]") !== null;
}

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog.open) dialog.showModal();
}
