// Times in the reader's own zone, with UTC behind them; and how old something is.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_OF_A_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

export function localise(root) {
  for (const element of root.querySelectorAll("time[datetime]")) showTime(element, element.dateTime);
}

export function showTime(element, iso) {
  const at = new Date(iso);
  element.dateTime = iso;
  element.title = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  element.textContent = inWords(at, new Date());
}

// Today needs no date, and this year no year.
export function inWords(at, now) {
  if (at.toDateString() === now.toDateString()) return TIME.format(at);
  const day = at.getFullYear() === now.getFullYear() ? DAY : DAY_OF_A_YEAR;
  return `${day.format(at)} ${TIME.format(at)}`;
}

export function timeElement(iso) {
  const element = document.createElement("time");
  showTime(element, iso);
  return element;
}

// `12 s`, `5 min`, `3 h`; `lately` for the last moment.
export function age(milliseconds, lately = "now") {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  if (seconds < 2) return lately;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
