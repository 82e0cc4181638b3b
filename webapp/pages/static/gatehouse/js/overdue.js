// A cancel or a change that the broker didn't answer in time can be asked for again. No event says so: it is read anew.

// The server takes ten seconds for that long: `ANSWER` in `webapp/trading/orders/bodies.py`.
const AFTER = 11_000;

export class Overdue {
  #timers = new Map();

  // `read(id)` is asked for the order's body, or null when it can't be had; `found(body, id)` gets it.
  constructor({ read, found, after = AFTER }) {
    Object.assign(this, { read, found, after });
  }

  watch(id, isUnderWay) {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (id && isUnderWay) this.#timers.set(id, setTimeout(() => this.#look(id), this.after));
  }

  async #look(id) {
    const timer = this.#timers.get(id);
    const body = await this.read(id);
    // An event that came meanwhile is newer.
    if (body && this.#timers.get(id) === timer) this.found(body, id);
  }
}

// As the ticket's answer brings it.
export async function readOrder(url) {
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(5000), cache: "no-store" });
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return JSON.parse(page.getElementById("placed-order")?.textContent ?? "null");
  } catch {
    return null; // The next event, or a reload, says it.
  }
}
