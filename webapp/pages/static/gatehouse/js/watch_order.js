// The order of the user's lists and of the rows on the one that is shown: moved on screen at once, then stored.

import { say } from "./page_message.js";
import { after, nudge, watchDrags } from "./reorder.js";

const ROW = "tr[data-con-id]";
const LIST = "a[data-list]";
const ANSWER_WITHIN = 10_000;

export function watchOrder() {
  watchDrags({ container: grid, items: ROW, grip: "[data-grip]", moved: storeRow });
  watchDrags({ container: lists, items: LIST, grip: LIST, moved: storeList, across: true });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-nudge]");
    const row = button?.closest(ROW);
    if (row) moveRow(row, Number(button.dataset.nudge));
    const place = target.closest?.("[data-move-list]");
    if (place) moveList(Number(place.dataset.moveList));
    const arrange = target.closest?.("[data-arrange]");
    if (arrange) showArrows(arrange.getAttribute("aria-pressed") !== "true");
  });
}

export function moveRow(row, by) {
  const focused = document.activeElement;
  const putBack = nudge(row, by, ROW);
  if (!putBack) return;
  // What leaves its place loses the focus.
  if (row.contains(focused)) focused.focus();
  storeRow(row, putBack);
}

// After the table was painted anew, too: its rows come without arrows.
export function showArrows(isWanted = isArranging()) {
  document.querySelector("[data-arrange]")?.setAttribute("aria-pressed", isWanted);
  grid().classList.toggle("arranging", isWanted);
  grid().querySelectorAll(`${ROW} .nudges`).forEach((nudges) => nudges.remove());
  if (!isWanted) return;
  const nudges = document.getElementById("row-nudges")?.content.firstElementChild;
  grid().querySelectorAll(`${ROW} .row-action`).forEach((cell) => cell.prepend(nudges.cloneNode(true)));
}

function isArranging() {
  return document.querySelector("[data-arrange]")?.getAttribute("aria-pressed") === "true";
}

function moveList(by) {
  const list = lists().querySelector("[aria-current]");
  const putBack = nudge(list, by, LIST);
  if (putBack) storeList(list, putBack);
}

function storeRow(row, putBack) {
  const path = `/watchlists/${grid().dataset.watchlist}/items/${row.dataset.conId}/move/`;
  return store(path, after(row, ROW)?.dataset.conId, putBack);
}

function storeList(list, putBack) {
  return store(`/watchlists/${list.dataset.list}/move/`, after(list, LIST)?.dataset.list, putBack);
}

async function store(path, before, putBack) {
  try {
    const body = new URLSearchParams({ before: before ?? "", csrfmiddlewaretoken: token() });
    const answer = await fetch(path, { method: "POST", body, redirect: "error", signal: AbortSignal.timeout(ANSWER_WITHIN) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
  } catch (error) {
    console.warn(`${path}: ${error.message}`);
    putBack();
    say("The new place could not be stored, so it is back where it was. Try again, or reload the page.");
  }
}

function token() {
  return document.querySelector("input[name=csrfmiddlewaretoken]").value;
}

function grid() {
  return document.getElementById("watchlist");
}

function lists() {
  return document.querySelector("[data-watchlists]");
}
