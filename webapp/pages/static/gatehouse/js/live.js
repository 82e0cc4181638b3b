// The page's socket, opened with what the server painted into <main>, and hurried when somebody comes back to it.

import { showConnection } from "./connection.js";
import { AccountSocket } from "./socket.js";

export function openLive(on) {
  const { socket: path, lastEventNumber } = document.getElementById("main").dataset;
  const socket = new AccountSocket({
    url: location.origin.replace(/^http/, "ws") + path,
    lastEventNumber: Number(lastEventNumber),
    isSignedIn,
    on: { snapshot() {}, quotes() {}, refused: logRefusal, state: showConnection, ...on },
  });
  socket.open();
  addEventListener("offline", () => socket.drop());
  addEventListener("online", () => socket.hurry());
  document.addEventListener("visibilitychange", () => document.hidden || socket.hurry());
  return socket;
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
