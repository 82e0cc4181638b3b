// Which rows somebody can see, or will see with the next turn of the wheel.

const MARGIN = "240px 0px";

export class OnScreen {
  #conIds = new Set();
  #observer = null;

  constructor({ changed, Observer = globalThis.IntersectionObserver }) {
    Object.assign(this, { changed, Observer });
  }

  get conIds() {
    return [...this.#conIds];
  }

  // Of these rows from now on. Until they are looked at, what was seen before counts.
  observe(rows) {
    this.#observer?.disconnect();
    let isFirst = true;
    this.#observer = new this.Observer(
      (entries) => {
        if (isFirst) this.#conIds.clear();
        isFirst = false;
        entries.forEach((entry) => this.#note(entry));
        this.changed();
      },
      { rootMargin: MARGIN },
    );
    rows.forEach((row) => this.#observer.observe(row));
    if (rows.length === 0) {
      this.#conIds.clear();
      this.changed();
    }
  }

  #note({ target, isIntersecting }) {
    const conId = Number(target.dataset.conId);
    if (isIntersecting) this.#conIds.add(conId);
    else this.#conIds.delete(conId);
  }
}
