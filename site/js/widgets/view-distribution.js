// @ts-check
/**
 * <view-distribution>: the whole vocabulary: where its logits lie, and its probabilities by rank.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{counts: NDArray, edges: NDArray, ranks: NDArray, probabilities: NDArray, cumulative: NDArray,
 *   entropy: number, most_entropy: number, n_half: number, n_nine_tenths: number, highest: number,
 *   n_vocab: number}} Value
 * @typedef {import("./plot-chart.js").Plot} Plot
 * @typedef {import("./plot-chart.js").PlotChart} PlotChart
 */
import { short } from "../arrays.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import "./plot-chart.js";
import { count, percent, visible } from "./text.js";

const MARGINS = { marginLeft: 62, marginRight: 14, marginTop: 28, marginBottom: 42 };

export class ViewDistribution extends LiveView {
  #caption = make("p", { class: "view-caption" });
  #histogram = /** @type {PlotChart} */ (document.createElement("plot-chart"));
  #ranks = /** @type {PlotChart} */ (document.createElement("plot-chart"));

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw(value, { focus, pieces }) {
    if (!this.#ranks.isConnected) this.body.replaceChildren(this.#caption, this.#histogram, this.#ranks);
    const piece = visible(pieces[focus.token]);
    this.#caption.replaceChildren(
      "After ",
      make("code", {}, piece),
      `, ${count(value.n_half, "token")} together ${value.n_half === 1 ? "reaches" : "reach"} 50 % and `,
      `${value.n_nine_tenths.toLocaleString("en")} reach 90 %, of ${value.n_vocab.toLocaleString("en")}. `,
      `Entropy: ${value.entropy.toFixed(2)} bits; if all were equally likely, ${value.most_entropy.toFixed(2)}.`,
    );
    this.#histogram.show({
      label: `How many of all tokens have which logit after ${piece}`,
      options: (Plot) => histogram(Plot, value),
      heads: ["logit from", "to", "tokens"],
      rows: () => bins(value).map(({ from, to, n }) => [short(from), short(to), n.toLocaleString("en")]),
    });
    this.#ranks.show({
      label: `Probability of the tokens by rank after ${piece}`,
      options: (Plot) => byRank(Plot, value),
      heads: ["rank", "probability", "together so far"],
      rows: () =>
        places(value).map(({ rank, p, sum }) => [rank.toLocaleString("en"), percent(p), percent(sum)]),
    });
  }
}

/**
 * @param {Plot} Plot
 * @param {Value} value
 */
function histogram(Plot, value) {
  return {
    ...MARGINS,
    height: 200,
    x: { label: "logit" },
    y: { label: "tokens", grid: true, ticks: 4 },
    marks: [
      Plot.rectY(bins(value), {
        x1: "from",
        x2: "to",
        y: "n",
        fill: "var(--md-primary-fg-color)",
        insetRight: 1,
      }),
      Plot.ruleX([value.highest], { stroke: "var(--view-warm)", strokeWidth: 2 }),
      Plot.text([value.highest], {
        x: (/** @type {number} */ x) => x,
        text: () => "the best",
        frameAnchor: "top",
        dy: -14,
        fill: "currentColor",
        textAnchor: "end",
      }),
    ],
  };
}

/**
 * @param {Plot} Plot
 * @param {Value} value
 */
function byRank(Plot, value) {
  const points = places(value);
  return {
    ...MARGINS,
    height: 240,
    x: { type: /** @type {const} */ ("log"), label: "rank (1: the likeliest)", ticks: 5, tickFormat: "," },
    y: { type: /** @type {const} */ ("log"), label: "probability", grid: true, ticks: 6, tickFormat: tick },
    marks: [
      Plot.lineY(points, { x: "rank", y: "p", stroke: "var(--md-primary-fg-color)", strokeWidth: 2 }),
      Plot.tip(
        points,
        Plot.pointerX({
          x: "rank",
          y: "p",
          title: (/** @type {Place} */ { rank, p, sum }) =>
            `rank ${rank.toLocaleString("en")}: ${percent(p)}\nthe first ${rank.toLocaleString("en")} together: ${percent(sum)}`,
        }),
      ),
    ],
  };
}

/** @param {number} p  a power of ten: "0.01", "1e−6" */
const tick = (p) => (p < 0.001 ? p.toExponential(0).replace("-", "−") : String(Number(p.toPrecision(1))));

/** @typedef {{rank: number, p: number, sum: number}} Place */

/** @param {Value} value @returns {Place[]} */
const places = ({ ranks, probabilities, cumulative }) =>
  [...ranks.data]
    .map((rank, i) => ({ rank, p: probabilities.data[i], sum: cumulative.data[i] }))
    .filter(({ p }) => p > 0); // in four bytes the smallest are 0, which has no place on this scale

/** @param {Value} value */
const bins = ({ counts, edges }) =>
  [...counts.data].map((n, i) => ({ from: edges.data[i], to: edges.data[i + 1], n }));

customElements.define("view-distribution", ViewDistribution);
