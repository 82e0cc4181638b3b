// Bars drawn by TradingView's Lightweight Charts, in the page's own colours. What it draws is for the eye alone, so a
// float may be drawn; what can be read as text comes from the bars' own digits.

import {
  CandlestickSeries,
  createChart,
  HistogramSeries,
} from "../../lightweight-charts/lightweight-charts.standalone.production.mjs";
import { Axis } from "./axis.js";
import { decimalsAt } from "./steps.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
// Of the pane's height, at its foot.
const VOLUME = 0.18;

export class Chart {
  #isDaily = false;
  #precision = null;

  constructor(element, { zone, steps }) {
    this.element = element;
    this.steps = steps;
    this.zone = zone;
    this.chart = createChart(element, {
      autoSize: true,
      // Its own logo brings a style of its own, which our policy forbids; the page says whose work it is in words.
      layout: { attributionLogo: false },
      // A day of minutes fits a phone.
      timeScale: { minBarSpacing: 0.1 },
      localization: { timeFormatter: (second) => this.axis.label(second, { isDaily: this.#isDaily }) },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volumes = this.chart.addSeries(HistogramSeries, {
      priceScaleId: "", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false,
    });
    this.volumes.priceScale().applyOptions({ scaleMargins: { top: 1 - VOLUME, bottom: 0 } });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: VOLUME + 0.04 } });
    this.paintColours();
    dark.addEventListener("change", () => this.paintColours());
  }

  // Another past: everything is drawn anew. What somebody has zoomed into stays in sight unless all of it is to be shown.
  draw(bars, { isDaily, showAll }) {
    this.#isDaily = isDaily;
    this.axis = new Axis(this.zone);
    this.#setPrecision(bars.at(-1)?.close ?? null);
    this.chart.timeScale().applyOptions({ timeVisible: !isDaily, secondsVisible: false });
    this.candles.setData(bars.map((bar) => this.#candle(bar)));
    this.newest = bars.length ? this.axis.second(bars.at(-1).at) : -Infinity;
    this.volumes.setData(bars.filter(hasVolume).map((bar) => this.#volume(bar)));
    if (showAll) this.chart.timeScale().fitContent();
  }

  // The newest bars, as they change.
  update(bars) {
    for (const bar of bars) {
      const isPast = this.axis.second(bar.at) < this.newest;
      this.candles.update(this.#candle(bar), isPast);
      if (hasVolume(bar)) this.volumes.update(this.#volume(bar), isPast);
      this.newest = Math.max(this.newest, this.axis.second(bar.at));
    }
  }

  paintColours() {
    const colours = getComputedStyle(document.documentElement);
    const [surface, line, quiet, up, down] = ["surface", "line", "quiet", "up", "down"].map((name) =>
      colours.getPropertyValue(`--${name}`).trim(),
    );
    const scale = { borderColor: line };
    this.colours = { up: `${up}55`, down: `${down}55` };
    this.chart.applyOptions({
      layout: { background: { color: surface }, textColor: quiet },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: scale,
      timeScale: scale,
    });
    this.candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
  }

  #setPrecision(price) {
    const precision = decimalsAt(this.steps, price);
    if (precision === this.#precision) return;
    this.#precision = precision;
    this.candles.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
  }

  #candle({ at, open, high, low, close }) {
    return { time: this.axis.second(at), open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
  }

  #volume({ at, open, close, volume }) {
    const color = Number(close) < Number(open) ? this.colours.down : this.colours.up;
    return { time: this.axis.second(at), value: Number(volume), color };
  }
}

function hasVolume({ volume }) {
  return volume !== null;
}
