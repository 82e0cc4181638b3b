// How many alerts are new, in the header: asked again while the page is looked at, and when an event may have brought one.

const EVERY = 30_000;
// Events come in bursts; the last of them is the one to ask after.
const SETTLED = 500;
const BRINGS_ONE = new Set(["alert", "session", "order", "kill_switch"]);

let settling = null;

export function followUnseen() {
  if (!link()) return;
  setInterval(() => document.hidden || ask(), EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || ask());
}

// Of the account whose page is open. `kind` is an event's.
export function mayBeUnseen({ kind }) {
  if (!BRINGS_ONE.has(kind)) return;
  clearTimeout(settling);
  settling = setTimeout(ask, SETTLED);
}

async function ask() {
  const count = await unseen();
  if (count === null) return;
  const badge = link().querySelector("[data-unseen]");
  badge.firstChild.textContent = String(count);
  badge.hidden = count === 0;
}

// Null when the server can't say: what is shown stays, and it is asked again.
async function unseen() {
  try {
    const answer = await fetch(link().dataset.unseenUrl, { redirect: "error", signal: AbortSignal.timeout(5000) });
    return answer.ok ? (await answer.json()).unseen : null;
  } catch {
    return null;
  }
}

function link() {
  return document.querySelector("[data-unseen-url]");
}
