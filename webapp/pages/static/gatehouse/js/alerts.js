// An outage that lasts too long, wherever the page says so.

// `body` has `alert`, a sentence, or nothing while there is none.
export function showAlert({ alert }) {
  for (const element of document.querySelectorAll("[data-alert]")) if (alert) element.textContent = alert;
  for (const element of document.querySelectorAll("[data-when-alert]")) element.hidden = !alert;
}

// As `words.alert_label`.
export function alertLabel({ alert }) {
  return alert ? "Alert" : "Alert is over";
}
