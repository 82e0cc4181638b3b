// What the broker said that changes no status by itself. The same words are told once in a session: how often, and when
// last. As `webapp/accounts/notices.py`, which the first paint is from.

import { timeElement } from "./times.js";

const SHOWN = 10;

// `told` is newest first, each `{ code, message, at, times, atLeast, ofThisSession }`.
export function withNotice(told, { at, body }) {
  const code = String(body.code);
  const same = told.find((one) => one.ofThisSession && one.code === code && one.message === body.message);
  const newest = { atLeast: false, ...same, code, message: body.message, at, times: (same?.times ?? 0) + 1, ofThisSession: true };
  return [newest, ...told.filter((one) => one !== same)].slice(0, SHOWN);
}

export function ofEarlierSession(told) {
  return told.map((one) => ({ ...one, ofThisSession: false }));
}

export function timesWords({ times, atLeast }) {
  if (atLeast) return `${times} or more times`;
  return times === 1 ? "" : `${times} times`;
}

// An event that the first paint has already may come again.
export function addNotice(event) {
  renew(event, (told) => withNotice(told, event));
}

export function noticeSession(event) {
  if (event.body.state === "STARTING") renew(event, ofEarlierSession);
}

function renew({ number }, change) {
  const list = document.querySelector("[data-notices]");
  if (number <= Number(list.dataset.newestNumber)) return;
  list.dataset.newestNumber = number;
  list.replaceChildren(...change([...list.children].map(read)).map(line));
}

function read({ dataset }) {
  const { code, message, at, times } = dataset;
  return { code, message, at, times: Number(times), atLeast: "atLeast" in dataset, ofThisSession: "ofThisSession" in dataset };
}

function line(notice) {
  const { code, message, at, times, atLeast, ofThisSession } = notice;
  const item = document.createElement("li");
  Object.assign(item.dataset, { code, message, at, times }, atLeast && { atLeast: "" }, ofThisSession && { ofThisSession: "" });
  const said = document.createElement("span");
  const often = document.createElement("span");
  often.className = "tag times";
  often.textContent = timesWords(notice);
  said.append(message, " ", often);
  item.append(timeElement(at), " ", said);
  return item;
}
