// The page's socket, opened with what the server painted into <main>, and hurried when somebody comes back to it.

import { hear } from "./clock.js";
import { showConnection } from "./connection.js";
import { AccountSocket } from "./socket.js";
import { followTicks, noteTicks } from "./ticks.js";
import { mayBeUnseen } from "./unseen.js";

export function openLive({ state = showConnection, session, event, snapshot = () => {}, quotes = () => {} }) {
  const { socket: path, lastEventNumber } = document.getElementById("main").dataset;
  const told = (message) => {
    event(message);
    mayBeUnseen(message);
  };
  const socket = new AccountSocket({
    url: location.origin.replace(/^http/, "ws") + path,
    lastEventNumber: Number(lastEventNumber),
    isSignedIn,
    on: {
      clock: hear,
      refused: logRefusal,
      state: (link) => endsHere(link) || state(link),
      session,
      event: told,
      snapshot: noted(snapshot),
      quotes: noted(quotes),
    },
  });
  socket.open();
  followTicks();
  addEventListener("offline", () => socket.drop());
  addEventListener("online", () => socket.hurry());
  document.addEventListener("visibilitychange", () => document.hidden || socket.hurry());
  return socket;
}

function noted(show) {
  return (quotes, panes) => {
    noteTicks(quotes);
    show(quotes, panes);
  };
}

// Somebody else's right to look has ended or changed: what is painted isn't theirs to see, or to do, any more.
function endsHere({ name, why }) {
  const changed = name === "ended" && why !== "signed_out";
  if (changed) location.reload();
  return changed;
}

// A refused handshake doesn't say why. The page itself does: it moves a stranger to the sign-in form.
async function isSignedIn() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", signal: AbortSignal.timeout(5000) });
    return answer.type !== "opaqueredirect" && answer.status !== 404;
  } catch {
    return true; // The server is away, which says nothing of the user.
  }
}

function logRefusal({ code, message }) {
  console.error(`the server refused a message: ${code}: ${message}`);
}
