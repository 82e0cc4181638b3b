// What the broker said that changes no status by itself: the newest ten.

import { timeElement } from "./times.js";

const SHOWN = 10;

export function addNotice({ at, body }) {
  const list = document.querySelector("[data-notices]");
  const line = document.createElement("li");
  const said = document.createElement("span");
  said.textContent = body.message;
  line.append(timeElement(at), " ", said);
  list.prepend(line);
  while (list.children.length > SHOWN) list.lastElementChild.remove();
}
