// A chart's past, asked of the server until it comes. The newest wish counts; an answer to an older one is dropped.

const DEADLINE = 15_000;
const AGAIN = 5_000;

export class History {
  #wish = 0;
  #retry = null;
  isAsking = false;

  // `fetch` and `clock` are the browser's own, unless a test has others.
  constructor({ url, arrived, failed, fetch = (...asked) => globalThis.fetch(...asked), clock = globalThis }) {
    Object.assign(this, { url, arrived, failed, fetch, clock });
  }

  async ask(span) {
    this.stop();
    const wish = this.#wish;
    this.isAsking = true;
    const answer = await this.#answer(span);
    if (wish !== this.#wish) return;
    this.isAsking = false;
    if (answer.bars) return this.arrived(answer, span);
    this.failed(answer.message);
    this.#retry = this.clock.setTimeout(() => this.ask(span), AGAIN);
  }

  // Nobody waits for it any more.
  stop() {
    this.#wish += 1;
    this.isAsking = false;
    this.clock.clearTimeout(this.#retry);
  }

  // The bars, or a message that says why there are none.
  async #answer(span) {
    try {
      const response = await this.fetch(`${this.url}?span=${span}`, { signal: AbortSignal.timeout(DEADLINE) });
      return await response.json();
    } catch {
      return { message: "The server didn't answer with the chart's past." };
    }
  }
}
