// Things that stand in an order, moved by dragging their grips, by mouse, pen or finger, or one place at a time.

// Pixels from the edge of the window within which a drag scrolls, and by how much.
const EDGE = 48;
const SCROLL = 12;
// Less than this is a click.
const DRAG_AFTER = 4;

// `items` is the selector of what moves in `container`; `grip` of what is dragged. `moved(item, putBack)` is told once,
// when the item has a new place. `across` is for items side by side.
export function watchDrags({ container, items, grip, moved, across = false }) {
  document.addEventListener("pointerdown", (event) => {
    const item = event.target.closest?.(grip)?.closest(items);
    if (item && container()?.contains(item) && event.button === 0) begin(item, event, { items, moved, across });
  });
}

// One place up (-1) or down (1); gives how to put it back, or null at the end.
export function nudge(item, by, items) {
  const others = siblings(item, items);
  const other = others[others.indexOf(item) + by];
  if (!other) return null;
  const putBack = putBackOf(item);
  if (by < 0) other.before(item);
  else other.after(item);
  return putBack;
}

// The item behind this one, or null.
export function after(item, items) {
  const all = siblings(item, items);
  return all[all.indexOf(item) + 1] ?? null;
}

// The place among `spans` ({start, size}, in order) for the one that stands at `here` and is dragged to `at`.
export function placeAt(at, spans, here) {
  return spans.filter(({ start, size }, index) => index !== here && start + size / 2 < at).length;
}

function begin(item, from, { items, moved, across }) {
  const putBack = putBackOf(item);
  const home = after(item, items);
  const ending = new AbortController();
  const on = (type, act) => addEventListener(type, act, { signal: ending.signal, capture: true });
  const end = (isKept) => {
    ending.abort();
    item.classList.remove("dragged");
    if (after(item, items) === home) return;
    if (isKept) moved(item, putBack);
    else putBack();
    dropClick();
  };
  on("pointermove", (event) => {
    const [at, start] = across ? [event.clientX, from.clientX] : [event.clientY, from.clientY];
    if (Math.abs(at - start) < DRAG_AFTER && !item.classList.contains("dragged")) return;
    item.classList.add("dragged");
    if (!across) scrollNear(at);
    settle(item, at, { items, across });
  });
  on("pointerup", () => end(true));
  on("pointercancel", () => end(false));
  on("keydown", (event) => event.key === "Escape" && end(false));
  // The browser's own dragging of a link would end ours.
  on("dragstart", (event) => event.preventDefault());
}

function settle(item, at, { items, across }) {
  const all = siblings(item, items);
  const here = all.indexOf(item);
  const place = placeAt(at, all.map((one) => spanOf(one, across)), here);
  if (place === here) return;
  const others = all.filter((one) => one !== item);
  if (place < others.length) others[place].before(item);
  else others.at(-1).after(item);
}

function siblings(item, items) {
  return [...item.parentElement.children].filter((one) => one.matches(items));
}

function spanOf(element, across) {
  const { left, width, top, height } = element.getBoundingClientRect();
  return across ? { start: left, size: width } : { start: top, size: height };
}

function putBackOf(item) {
  const { parentElement, nextSibling } = item;
  return () => parentElement.insertBefore(item, nextSibling);
}

function scrollNear(y) {
  if (y < EDGE) scrollBy(0, -SCROLL);
  if (y > innerHeight - EDGE) scrollBy(0, SCROLL);
}

// What was dragged is not clicked.
function dropClick() {
  const drop = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("click", drop, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", drop, { capture: true }));
}
