import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { delayBefore } from "../../webapp/pages/static/gatehouse/js/backoff.js";
import { AccountSocket } from "../../webapp/pages/static/gatehouse/js/socket.js";

// The browser's end of a connection whose other end is the test.
class Line {
  static lines = [];

  constructor(url) {
    this.url = url;
    this.readyState = 0;
    this.sent = [];
    Line.lines.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  says(message) {
    this.readyState = 1;
    this.onmessage({ data: JSON.stringify(message) });
  }

  greets(number = 0) {
    this.says({ type: "hello", at: "2026-01-05T15:30:00+00:00", last_event_number: number, session: { state: "READY" } });
  }
}

function opened({ lastEventNumber = 0, isSignedIn } = {}) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  Line.lines = [];
  const seen = { clocks: [], states: [], events: [], snapshots: [], quotes: [] };
  const on = {
    clock: (at, askedAt) => seen.clocks.push([at, askedAt]),
    state: ({ name }) => seen.states.push(name),
    session: () => {},
    event: ({ number }) => seen.events.push(number),
    snapshot: (quotes) => seen.snapshots.push(quotes),
    quotes: (quotes) => seen.quotes.push(quotes),
    refused: () => {},
  };
  const socket = new AccountSocket({ url: "ws://here/", lastEventNumber, on, WebSocket: Line, ...(isSignedIn && { isSignedIn }) });
  socket.open();
  return { socket, seen, line: () => Line.lines.at(-1) };
}

test("it subscribes to what is on screen, and again after a reconnect", () => {
  const { socket, line } = opened();
  socket.subscribe([1, 2]);
  line().greets();
  assert.deepEqual(line().sent, [{ type: "subscribe", con_ids: [1, 2] }]);
  line().close();
  mock.timers.tick(20_000);
  assert.equal(Line.lines.length, 2);
  line().greets();
  assert.deepEqual(line().sent, [{ type: "subscribe", con_ids: [1, 2] }]);
});

test("it says what becomes of the connection", () => {
  const { seen, line } = opened();
  line().greets();
  line().close();
  assert.deepEqual(seen.states, ["connecting", "open", "waiting"]);
});

test("each greeting tells the server's time, which is after this browser asked for it", () => {
  const { seen, line } = opened();
  mock.timers.tick(300);
  line().greets();
  line().close();
  mock.timers.tick(20_000);
  const [[at, first], [, second]] = (line().greets(), seen.clocks);
  assert.deepEqual([at, first], ["2026-01-05T15:30:00+00:00", 0]);
  assert.ok(second > 300);
});

test("a greeting with a later number fetches what was missed", () => {
  const { seen, line } = opened({ lastEventNumber: 3 });
  line().greets(5);
  assert.deepEqual(line().sent[0], { type: "events", after: 3 });
  for (const number of [4, 5]) line().says({ type: "event", number });
  assert.deepEqual(seen.events, [4, 5]);
});

test("an event that is out of order waits for the ones before it", () => {
  const { seen, line } = opened();
  line().greets();
  line().says({ type: "event", number: 2 });
  assert.deepEqual(seen.events, []);
  assert.deepEqual(line().sent.at(-1), { type: "events", after: 0 });
  for (const number of [1, 2]) line().says({ type: "event", number });
  assert.deepEqual(seen.events, [1, 2]);
});

test("a gap in the quotes subscribes again, and shows nothing until the snapshot", () => {
  const { socket, seen, line } = opened();
  socket.subscribe([1]);
  line().greets();
  line().says({ type: "snapshot", epoch: 1, seq: 5, quotes: ["whole"] });
  line().says({ type: "quotes", epoch: 1, prev: 5, seq: 6, quotes: ["a"] });
  line().says({ type: "quotes", epoch: 1, prev: 7, seq: 8, quotes: ["lost"] });
  line().says({ type: "quotes", epoch: 1, prev: 8, seq: 9, quotes: ["lost too"] });
  assert.equal(line().sent.filter(({ type }) => type === "subscribe").length, 2);
  line().says({ type: "snapshot", epoch: 1, seq: 9, quotes: ["whole again"] });
  assert.deepEqual([seen.snapshots, seen.quotes], [[["whole"], ["whole again"]], [["a"]]]);
});

test("a line that answers no ping is dropped", () => {
  const { seen, line } = opened();
  line().greets();
  mock.timers.tick(5_000);
  assert.deepEqual(line().sent.at(-1), { type: "ping" });
  line().says({ type: "pong" });
  mock.timers.tick(5_000);
  assert.equal(seen.states.at(-1), "open");
  mock.timers.tick(5_000);
  assert.equal(seen.states.at(-1), "waiting");
});

test("a network that is gone ends the line at once, and it comes back", () => {
  const { socket, seen, line } = opened();
  line().greets();
  socket.drop();
  assert.equal(seen.states.at(-1), "waiting");
  mock.timers.tick(20_000);
  line().greets();
  assert.equal(seen.states.at(-1), "open");
});

test("a handshake that nobody answers is given up", () => {
  const { seen } = opened();
  mock.timers.tick(10_000);
  assert.equal(seen.states.at(-1), "waiting");
});

test("it stays away once its user has signed out", () => {
  const { seen, line } = opened();
  line().greets();
  line().close(4401);
  mock.timers.tick(120_000);
  assert.equal(seen.states.at(-1), "ended");
  assert.equal(Line.lines.length, 1);
});

test("handshakes that go on being refused end when the page says that nobody is signed in", async () => {
  const { seen, line } = opened({ isSignedIn: async () => false });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    line().close();
    mock.timers.tick(20_000);
  }
  await Promise.resolve();
  assert.equal(seen.states.at(-1), "ended");
  assert.equal(Line.lines.length, 3);
});

test("somebody who comes back to the page doesn't wait out the delay", () => {
  const { socket, line } = opened();
  line().close();
  socket.hurry();
  assert.equal(Line.lines.length, 2);
  socket.hurry();
  assert.equal(Line.lines.length, 2);
});

test("delays grow to a ceiling, and are spread by chance", () => {
  assert.deepEqual([0, 1, 2].map((attempt) => delayBefore(attempt, () => 1)), [500, 1000, 2000]);
  assert.equal(delayBefore(50, () => 1), 15_000);
  assert.equal(delayBefore(50, () => 0), 7_500);
});
