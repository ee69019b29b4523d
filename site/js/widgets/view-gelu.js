// @ts-check
/**
 * <view-gelu>: what GELU does to the numbers of one token: its curve with each of them as a dot, and below it how many of
 * them lie where.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{x: NDArray, y: NDArray, relu: NDArray, counts: NDArray, edges: NDArray, values: NDArray,
 *   results: NDArray, n_below_0: number, highest: number}} Value
 * @typedef {import("./plot-chart.js").Plot} Plot
 * @typedef {import("./plot-chart.js").PlotChart} PlotChart
 */
import { short } from "../arrays.js";
import { chartKeys } from "./chart-keys.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import "./plot-chart.js";
import { count, percent, visible } from "./text.js";

const MARGINS = { marginLeft: 40, marginRight: 12 };
const KEYS = [
  { name: "GELU", colour: "var(--md-primary-fg-color)" },
  { name: "ReLU", colour: "currentColor", dash: "3 4" },
  { name: "the token’s numbers", colour: "var(--view-warm)" },
];

export class ViewGelu extends LiveView {
  #caption = make("p", { class: "view-caption" });
  #keys = chartKeys(KEYS);
  #curve = /** @type {PlotChart} */ (document.createElement("plot-chart"));
  #histogram = /** @type {PlotChart} */ (document.createElement("plot-chart"));

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw(value, { focus, pieces }) {
    if (!this.#curve.isConnected)
      this.body.replaceChildren(this.#caption, this.#keys, this.#curve, this.#histogram);
    const n = value.values.data.length;
    this.#caption.replaceChildren(
      make("code", {}, visible(pieces[focus.token])),
      ` in block ${focus.layer}: ${count(n, "number")}, ${percent(value.n_below_0 / n)} of them below 0; `,
      `the highest comes out as ${short(value.highest)}.`,
    );
    const about = `of the token ${visible(pieces[focus.token])} in block ${focus.layer}`;
    this.#curve.show({
      label: `GELU's curve, and on it the ${n} numbers ${about}`,
      options: (Plot) => curve(Plot, value),
      heads: ["neuron", "before", "after GELU"],
      rows: () => pairs(value).map(({ neuron, x, y }) => [`${neuron}`, short(x), short(y)]),
    });
    this.#histogram.show({
      label: `How many of the ${n} numbers before GELU ${about} lie where`,
      options: (Plot) => histogram(Plot, value),
      heads: ["from", "to", "numbers"],
      rows: () => bins(value).map(({ from, to, n }) => [short(from), short(to), `${n}`]),
    });
  }
}

/**
 * @param {Plot} Plot
 * @param {Value} value
 */
function curve(Plot, value) {
  const points = [...value.x.data].map((x, i) => ({ x, y: value.y.data[i], relu: value.relu.data[i] }));
  const faint = { stroke: "currentColor", strokeOpacity: 0.3 };
  return {
    ...MARGINS,
    height: 230,
    x: { label: null, domain: [value.x.data[0], points[points.length - 1].x] },
    y: { label: "after GELU", grid: true },
    marks: [
      Plot.ruleY([0], faint),
      Plot.ruleX([0], faint),
      Plot.dot(pairs(value), { x: "x", y: "y", r: 3, fill: "var(--view-warm)", fillOpacity: 0.3 }),
      Plot.lineY(points, { x: "x", y: "relu", stroke: "currentColor", strokeDasharray: "3 4" }),
      Plot.lineY(points, { x: "x", y: "y", stroke: "var(--md-primary-fg-color)", strokeWidth: 2 }),
      Plot.tip(
        pairs(value),
        Plot.pointer({
          x: "x",
          y: "y",
          title: (/** @type {Pair} */ { neuron, x, y }) =>
            `neuron ${neuron}\n${short(x)} before, ${short(y)} after`,
        }),
      ),
    ],
  };
}

/**
 * @param {Plot} Plot
 * @param {Value} value
 */
function histogram(Plot, value) {
  return {
    ...MARGINS,
    height: 145,
    marginBottom: 42,
    x: { label: "before GELU", domain: [value.x.data[0], value.x.data[value.x.data.length - 1]] },
    y: { label: "numbers", grid: true, ticks: 3 },
    marks: [
      Plot.rectY(bins(value), { x1: "from", x2: "to", y: "n", fill: "var(--view-warm)", insetRight: 1 }),
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.3 }),
    ],
  };
}

/** @typedef {{neuron: number, x: number, y: number}} Pair */

/** @param {Value} value @returns {Pair[]} */
const pairs = ({ values, results }) =>
  [...values.data].map((x, neuron) => ({ neuron, x, y: results.data[neuron] }));

/** @param {Value} value */
const bins = ({ counts, edges }) =>
  [...counts.data].map((n, i) => ({ from: edges.data[i], to: edges.data[i + 1], n }));

customElements.define("view-gelu", ViewGelu);
