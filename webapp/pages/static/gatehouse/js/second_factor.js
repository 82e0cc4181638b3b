// The second factor that a person is asked for: how long it is still waited for. The reason says which attempt it is.

let until = null;
let ticking = null;

// `asked` is `second_factor` of `sessions.as_body`; null when nobody is waited for.
export function showSecondFactor(asked) {
  until = asked && Date.parse(asked.until);
  for (const element of document.querySelectorAll("[data-second-factor]")) element.hidden = !asked;
  clearInterval(ticking);
  if (!asked) return;
  ticking = setInterval(tick, 1000);
  tick();
}

function tick() {
  for (const element of document.querySelectorAll("[data-countdown]")) element.textContent = left(until - Date.now());
}

// `2:05 left to approve it`. A prompt lasts minutes.
export function left(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds <= 0) return "Its time is over";
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left to approve it`;
}
