// One account's live socket. It comes back by itself, keeps numbered events without a gap and quotes in sequence.
//
// `on` gets: state({name, seconds}), session(body), event(message), snapshot(quotes, panes), quotes(quotes, panes),
// clock(at, askedAt), which are the server's time and this browser's when it asked, and refused(message). Panes are books and
// charts' newest bars: see `webapp/live/__init__.py`.
// States: "connecting", "open", "waiting" (for `seconds`), "ended" (no more tries; `why`: "signed_out", "role_changed", or
// "gone" for an account that isn't there, or isn't shared any more).

import { delayBefore } from "./backoff.js";
import { EventLine, QuoteLine } from "./sequence.js";

// A line that broke without a word is noticed after two of these. Until then its prices look live, so they are few.
const PING_EVERY = 5_000;
const GREETING_WITHIN = 10_000;
const ENDS = { 4401: "signed_out", 4403: "role_changed", 4404: "gone" };
// After so many refused handshakes the page asks whether its user is still signed in: a browser isn't told why.
const ASK_AFTER_ATTEMPTS = 3;

export class AccountSocket {
  #socket = null;
  #attempt = 0;
  #retry = null;
  #heartbeat = null;
  #greeting = null;
  #heard = true;
  #askedAt = 0;
  #conIds = [];
  #panes = [];
  #events;
  #quotes = new QuoteLine();

  constructor({ url, lastEventNumber, on, isSignedIn = async () => true, WebSocket = globalThis.WebSocket }) {
    Object.assign(this, { url, on, isSignedIn, WebSocket });
    this.#events = new EventLine(lastEventNumber);
  }

  open() {
    clearTimeout(this.#retry);
    this.#retry = null;
    this.on.state({ name: "connecting" });
    this.#heard = true;
    this.#askedAt = Date.now();
    const socket = new this.WebSocket(this.url);
    this.#socket = socket;
    // A handshake that nobody answers would otherwise hang for minutes.
    this.#greeting = setTimeout(() => this.#drop(socket), GREETING_WITHIN);
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  // What is on screen now. Asked again after each reconnect.
  subscribe(conIds, panes = []) {
    this.#conIds = conIds;
    this.#panes = panes;
    this.#subscribe();
  }

  // Don't wait out the delay: the network is back, or somebody looks at the page again.
  hurry() {
    if (this.#retry !== null) this.open();
  }

  // The network is gone: don't wait for the line to find out.
  drop() {
    if (this.#socket !== null) this.#drop(this.#socket);
  }

  close() {
    const socket = this.#socket;
    this.#socket = null;
    this.#stopTimers();
    socket?.close();
  }

  #receive(message) {
    this.#heard = true;
    const reader = this.#readers[message.type];
    reader?.(message);
  }

  #readers = {
    hello: (message) => this.#greeted(message),
    event: (message) => this.#numbered(message),
    snapshot: (message) => {
      this.#quotes.snapshot(message);
      this.on.snapshot(message.quotes, message.panes ?? []);
    },
    quotes: (message) => this.#sequenced(message),
    error: (message) => this.on.refused(message),
  };

  #greeted({ at, last_event_number: newest, session }) {
    this.#attempt = 0;
    clearTimeout(this.#greeting);
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#beat(), PING_EVERY);
    this.on.clock(at, this.#askedAt);
    this.on.state({ name: "open" });
    this.on.session(session);
    const after = this.#events.connected(newest);
    if (after !== null) this.#send({ type: "events", after });
    this.#subscribe();
  }

  #numbered(message) {
    const verdict = this.#events.take(message.number);
    if (verdict === "apply") this.on.event(message);
    if (verdict === "ask") this.#send({ type: "events", after: this.#events.number });
  }

  #sequenced(message) {
    const follows = this.#quotes.follows(message);
    if (follows) this.on.quotes(message.quotes, message.panes ?? []);
    if (follows === false) this.#subscribe();
  }

  #subscribe() {
    if (this.#isOpen()) {
      this.#quotes.forget();
      this.#send({ type: "subscribe", con_ids: this.#conIds, ...(this.#panes.length ? { panes: this.#panes } : {}) });
    }
  }

  // Timers sleep in a hidden tab, so silence is measured in pings that nothing followed, not in seconds.
  #beat() {
    if (!this.#heard) return this.#drop(this.#socket);
    this.#heard = false;
    return this.#send({ type: "ping" });
  }

  #drop(socket) {
    if (socket !== this.#socket) return;
    socket.onclose = null;
    socket.close();
    this.#closed(1006);
  }

  #closed(code) {
    this.#socket = null;
    this.#stopTimers();
    this.#quotes.forget();
    if (code in ENDS) return this.on.state({ name: "ended", why: ENDS[code] });
    return this.#wait();
  }

  #wait() {
    const delay = delayBefore(this.#attempt);
    this.#attempt += 1;
    this.on.state({ name: "waiting", seconds: Math.ceil(delay / 1000) });
    this.#retry = setTimeout(() => this.#openIfSignedIn(), delay);
  }

  async #openIfSignedIn() {
    if (this.#attempt < ASK_AFTER_ATTEMPTS || (await this.isSignedIn())) return this.open();
    this.#retry = null;
    return this.on.state({ name: "ended", why: "signed_out" });
  }

  #stopTimers() {
    clearTimeout(this.#greeting);
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    this.#retry = null;
  }

  #isOpen() {
    return this.#socket?.readyState === 1;
  }

  #send(message) {
    if (this.#isOpen()) this.#socket.send(JSON.stringify(message));
  }
}
