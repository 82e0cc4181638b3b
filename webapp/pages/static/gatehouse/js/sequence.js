// What came in order and what is missing. No IO here: `socket.js` asks again for what these two say is gone.

// Numbered events: each is applied once, and none is left out.
export class EventLine {
  constructor(number) {
    this.number = number;
    this.asked = false;
  }

  // The number to ask after, or null when nothing is missing. A new connection may be asked again.
  connected(newest) {
    this.asked = false;
    if (newest < this.number) this.number = newest;
    return newest > this.number ? this.#ask() : null;
  }

  // "apply" it, drop it as "old", "ask" for what lies before it, or "wait" since that was asked for.
  take(number) {
    if (number <= this.number) return "old";
    if (number > this.number + 1) return this.asked ? "wait" : (this.#ask(), "ask");
    this.number = number;
    this.asked = false;
    return "apply";
  }

  #ask() {
    this.asked = true;
    return this.number;
  }
}

// Quotes: each frame names the one before it. After a gap nothing is shown until the next snapshot.
export class QuoteLine {
  #epoch = null;
  #seq = null;

  snapshot({ epoch, seq }) {
    this.#epoch = epoch;
    this.#seq = seq;
  }

  // False once per gap: the caller subscribes again. Null while that answer is under way.
  follows({ epoch, prev, seq }) {
    if (this.#epoch === null) return null;
    if (epoch !== this.#epoch || prev !== this.#seq) {
      this.#epoch = null;
      return false;
    }
    this.#seq = seq;
    return true;
  }

  forget() {
    this.#epoch = null;
  }
}
