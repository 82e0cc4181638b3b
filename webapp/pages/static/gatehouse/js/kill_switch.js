// Whether trading is stopped, wherever the page says so.

// `body` is `kill_switch.as_body`.
export function showKillSwitch(body) {
  for (const element of document.querySelectorAll("[data-kill-switch]")) element.textContent = killSwitchWords(body);
  for (const element of document.querySelectorAll("[data-when-killed]")) element.hidden = !body.engaged;
}

// As `words.kill_switch`.
export function killSwitchWords({ engaged, for_all: forAll, by, at, reason }) {
  if (!engaged) return "";
  const since = at.slice(0, 16).replace("T", " ");
  const scope = forAll ? "on all accounts" : "on this account";
  return `Stopped ${scope} by ${by} at ${since} UTC${reason ? `: ${reason}` : ""}. No order is taken until it is released.`;
}
