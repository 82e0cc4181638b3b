// A word at the foot of the page when something failed.

const SHOWN_FOR = 8000;
let hiding = null;

export function say(text) {
  const message = document.getElementById("page-message");
  message.textContent = text;
  message.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (message.hidden = true), SHOWN_FOR);
}
