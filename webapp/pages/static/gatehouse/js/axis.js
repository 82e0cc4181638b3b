// A chart's axis knows no time zones: each bar gets the second that the exchange's clock shows, as if it were UTC.

export class Axis {
  #parts;
  #label;
  #day;
  #seconds = new Map(); // by `at`
  #bars = new Map(); // `at` by second
  #newest = -Infinity;

  // `zone` is an IANA name.
  constructor(zone) {
    const clock = { timeZone: zone, hourCycle: "h23" };
    const numbers = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
    this.#parts = new Intl.DateTimeFormat("en", { ...clock, ...numbers });
    this.#label = new Intl.DateTimeFormat("en-GB", { ...clock, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    this.#day = new Intl.DateTimeFormat("en-GB", { ...clock, weekday: "short", day: "numeric", month: "short", year: "numeric" });
  }

  // Always later than that of the bar before: in the hour that a clock shows twice, a second later.
  second(at) {
    const known = this.#seconds.get(at);
    if (known !== undefined) return known;
    const second = Math.max(this.#wallSecond(new Date(at)), this.#newest + 1);
    this.#newest = second;
    this.#seconds.set(at, second);
    this.#bars.set(second, at);
    return second;
  }

  // `Mon 30 Nov, 15:30` on the exchange's clock; its day alone for bars of a day.
  label(second, { isDaily }) {
    const at = this.#bars.get(second);
    return at === undefined ? "" : this.labelAt(at, { isDaily });
  }

  labelAt(at, { isDaily }) {
    return (isDaily ? this.#day : this.#label).format(new Date(at));
  }

  #wallSecond(moment) {
    const { year, month, day, hour, minute, second } = Object.fromEntries(
      this.#parts.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
    );
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  }
}
