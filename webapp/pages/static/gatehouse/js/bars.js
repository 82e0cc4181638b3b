// A chart's bars: the past as it was read, and the newest as they come. No IO and no drawing here.

export class Bars {
  #bars = [];
  #loadedAt = null;

  // Oldest first.
  get all() {
    return this.#bars;
  }

  // What the server answered.
  load({ bars, loaded_at: loadedAt }) {
    this.#bars = [...bars];
    this.#loadedAt = loadedAt;
  }

  forget() {
    this.load({ bars: [], loaded_at: null });
  }

  // The newest few, from the live socket: those that are new here or have changed, oldest first. Null when they don't
  // belong to this past, or leave a gap behind it: then the past is asked for again, since a guess would draw one.
  apply({ bars, loaded_at: loadedAt }) {
    if (loadedAt === null || bars.length === 0) return [];
    if (loadedAt !== this.#loadedAt || !this.#leadsTo(bars)) return null;
    const changed = bars.filter((bar) => !isSame(bar, this.#bars[this.#placeOf(bar)]));
    changed.forEach((bar) => this.#put(bar));
    return changed;
  }

  // None of them is missing between what is known and the end.
  #leadsTo(bars) {
    const newest = this.#bars.at(-1);
    if (newest === undefined) return true;
    const known = bars.filter(({ at }) => Date.parse(at) <= Date.parse(newest.at));
    return known.length > 0 && known.every((bar) => this.#placeOf(bar) >= 0);
  }

  // What changes is near the end.
  #placeOf({ at }) {
    return this.#bars.findLastIndex((bar) => bar.at === at);
  }

  #put(bar) {
    const place = this.#placeOf(bar);
    if (place < 0) this.#bars.push(bar);
    else this.#bars[place] = bar;
  }
}

function isSame(bar, known) {
  return known !== undefined && ["open", "high", "low", "close", "volume"].every((name) => bar[name] === known[name]);
}
