// @ts-check
/**
 * <view-top-p>: what the likeliest tokens have together, and where top-p cuts.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{ranks: NDArray, cumulative: NDArray, p: number, is_greedy: boolean, n_left: number, n_before: number,
 *   reached: number}} Value
 * @typedef {import("./plot-chart.js").Plot} Plot
 * @typedef {import("./plot-chart.js").PlotChart} PlotChart
 */
import { make } from "./dom.js";
import "./plot-chart.js";
import { SampledView } from "./sampled-view.js";
import { count, percent } from "./text.js";

export class ViewTopP extends SampledView {
  #caption = make("p", { class: "view-caption" });
  #chart = /** @type {PlotChart} */ (document.createElement("plot-chart"));

  /** @override */
  get want() {
    const { seed: _, ...want } = super.want;
    return want;
  }

  /**
   * @override
   * @param {Value} value
   */
  draw(value) {
    if (!this.#chart.isConnected) this.body.replaceChildren(this.#caption, this.#chart);
    this.#caption.textContent = caption(value);
    this.#chart.show({
      label: "What the likeliest tokens have together, by rank, and where top-p cuts",
      options: (Plot) => line(Plot, value),
      heads: ["rank", "together so far"],
      rows: () => places(value).map(({ rank, sum }) => [rank.toLocaleString("en"), percent(sum)]),
    });
  }
}

/** @param {Value} value */
function caption({ p, is_greedy, n_left, n_before, reached }) {
  if (is_greedy) return "Greedy: of all tokens only the likeliest counts, and top-p cuts nothing.";
  if (p === 1) return `Top-p is 1: all of ${count(n_before, "token")} stay. Set it to 0.9 in the prompt box.`;
  const verb = n_left === 1 ? "reaches" : "reach";
  return `${count(n_left, "token")} of ${n_before.toLocaleString("en")} ${verb} top-p = ${p}: together ${percent(reached)}.`;
}

/**
 * @param {Plot} Plot
 * @param {Value} value
 */
function line(Plot, value) {
  const points = places(value);
  const isCut = !value.is_greedy && value.p < 1;
  const cut = { stroke: "var(--view-warm)", strokeWidth: 2 };
  return {
    height: 220,
    marginLeft: 48,
    marginRight: 14,
    marginTop: 26,
    x: { type: /** @type {const} */ ("log"), label: "rank (1: the likeliest)", ticks: 5, tickFormat: "," },
    y: { label: "together so far", domain: [0, 1], grid: true, ticks: 5, tickFormat: "~p" },
    marks: [
      Plot.lineY(points, { x: "rank", y: "sum", stroke: "var(--md-primary-fg-color)", strokeWidth: 2 }),
      ...(isCut ? [Plot.ruleY([value.p], cut), Plot.ruleX([value.n_left], cut)] : []),
      Plot.tip(
        points,
        Plot.pointerX({
          x: "rank",
          y: "sum",
          title: (/** @type {Place} */ { rank, sum }) =>
            `the first ${rank.toLocaleString("en")} together: ${percent(sum)}`,
        }),
      ),
    ],
  };
}

/** @typedef {{rank: number, sum: number}} Place */

/** @param {Value} value @returns {Place[]} */
const places = ({ ranks, cumulative }) =>
  [...ranks.data].map((rank, i) => ({ rank, sum: cumulative.data[i] }));

customElements.define("view-top-p", ViewTopP);
