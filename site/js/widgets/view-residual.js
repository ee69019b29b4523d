// @ts-check
/**
 * <view-residual>: how long the vector of the residual stream is before the first block and after each, and how long what
 * attention and feed-forward add in each block; at one token, and in the middle of all.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{token: NDArray, median: NDArray}} Lengths
 * @typedef {{stream: Lengths, attention: Lengths, feed_forward: Lengths}} Value
 * @typedef {import("./plot-chart.js").Plot} Plot
 * @typedef {import("./plot-chart.js").PlotChart} PlotChart
 */
import { short } from "../arrays.js";
import { chartKeys } from "./chart-keys.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import "./plot-chart.js";
import { visible } from "./text.js";

const STREAM = { name: "the stream", colour: "var(--md-primary-fg-color)", dash: "" };
const ATTENTION = { name: "added by attention", colour: "var(--view-warm)", dash: "" };
const FEED_FORWARD = { name: "added by feed-forward", colour: "var(--view-warm)", dash: "5 4" };

export class ViewResidual extends LiveView {
  #caption = make("p", { class: "view-caption" });
  #keys = chartKeys([STREAM, ATTENTION, FEED_FORWARD]);
  #chart = /** @type {PlotChart} */ (document.createElement("plot-chart"));

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw(value, { focus, pieces }) {
    if (!this.#chart.isConnected) this.body.replaceChildren(this.#caption, this.#keys, this.#chart);
    const piece = visible(pieces[focus.token]);
    this.#caption.replaceChildren(
      "Lengths of the vectors at ",
      make("code", {}, piece),
      "; thin: the median of all tokens of the text.",
    );
    this.#chart.show({
      label: `Length of the residual stream's vector at ${piece}, and of what each block adds`,
      options: (Plot) => chart(Plot, value),
      heads: ["", STREAM.name, "its median", ATTENTION.name, FEED_FORWARD.name],
      rows: () => rows(value),
    });
  }
}

/**
 * @param {Plot} Plot
 * @param {Value} value
 */
function chart(Plot, { stream, attention, feed_forward }) {
  const n_layer = attention.token.data.length;
  const lines = [
    { ...STREAM, lengths: stream, first: 0 },
    { ...ATTENTION, lengths: attention, first: 1 },
    { ...FEED_FORWARD, lengths: feed_forward, first: 1 },
  ];
  return {
    height: 260,
    marginLeft: 44,
    marginRight: 12,
    marginTop: 26,
    x: {
      label: "after block",
      ticks: Array.from({ length: n_layer + 1 }, (_, i) => i),
      tickFormat: (/** @type {number} */ i) => (i === 0 ? "start" : `${i - 1}`),
      domain: [0, n_layer],
    },
    y: { label: "length", grid: true, zero: true },
    marks: lines.flatMap((line) => marks(Plot, line)),
  };
}

/**
 * @param {Plot} Plot
 * @param {{name: string, colour: string, dash: string, lengths: Lengths, first: number}} line
 */
function marks(Plot, { name, colour, dash, lengths, first }) {
  const points = [...lengths.token.data].map((y, i) => ({
    at: i + first,
    y,
    median: lengths.median.data[i],
  }));
  const where = (/** @type {number} */ at) => (at === 0 ? "before the first block" : `block ${at - 1}`);
  const title = (/** @type {{at: number, y: number}} */ { at, y }) => `${name}, ${where(at)}: ${short(y)}`;
  const style = { x: "at", stroke: colour, strokeDasharray: dash };
  return [
    Plot.lineY(points, { ...style, y: "median", strokeWidth: 1, strokeOpacity: 0.6 }),
    Plot.lineY(points, { ...style, y: "y", strokeWidth: 2.2 }),
    Plot.dot(points, { x: "at", y: "y", fill: colour, r: 3 }),
    Plot.tip(points, Plot.pointer({ x: "at", y: "y", title, maxRadius: 12 })),
  ];
}

/** @param {Value} value */
function rows({ stream, attention, feed_forward }) {
  return [...stream.token.data].map((length, i) => [
    i === 0 ? "embeddings" : `after block ${i - 1}`,
    short(length),
    short(stream.median.data[i]),
    i === 0 ? "" : short(attention.token.data[i - 1]),
    i === 0 ? "" : short(feed_forward.token.data[i - 1]),
  ]);
}

customElements.define("view-residual", ViewResidual);
