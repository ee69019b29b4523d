// @ts-check
/**
 * <view-positions>: how alike the rows of wpe are: that of the position looked at and every other, and all pairs.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{at: NDArray, cosines: NDArray, along: NDArray}} Value
 */
import { short } from "../arrays.js";
import "./plot-chart.js";
import { make } from "./dom.js";
import { heatMap } from "./heat-map.js";
import { LiveView } from "./live-view.js";

export class ViewPositions extends LiveView {
  #chart = /** @type {import("./plot-chart.js").PlotChart} */ (document.createElement("plot-chart"));
  #pairs = make("div", { class: "positions-pairs" });
  #drawn = "";

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ at, cosines, along }, { focus, ids }) {
    if (!this.#chart.isConnected) this.body.replaceChildren(this.#chart, this.#pairs);
    this.#chart.show({
      label: `Cosine of wpe[${focus.token}] with the row of every position`,
      options: (Plot) => lines(Plot, along, focus.token, ids.length),
      heads: ["position", "cosine"],
      rows: () => [...along.data].map((cosine, position) => [`${position}`, short(cosine)]),
    });
    const drawn = `${at.data} ${cosines.data.subarray(0, at.data.length)}`;
    if (drawn === this.#drawn) return; // of the model alone: the reader's place in it stays
    this.#drawn = drawn;
    const names = [...at.data].map(String);
    const label = "Cosine of the rows of wpe, for all pairs of positions";
    this.#pairs.replaceChildren(
      make(
        "p",
        { class: "view-caption" },
        `${label}${names.length < along.data.length ? ` (${names.length} of them, evenly spread)` : ""}`,
      ),
      heatMap({ label, table: cosines, rows: names, columns: names, names: "both", range: [-1, 1] }),
    );
  }
}

/**
 * @param {import("./plot-chart.js").Plot} Plot
 * @param {NDArray} along
 * @param {number} position
 * @param {number} n_text  tokens of the prompt
 */
function lines(Plot, along, position, n_text) {
  const points = [...along.data].map((cosine, place) => ({ place, cosine }));
  return {
    height: 210,
    marginBottom: 42,
    marginLeft: 42,
    x: { label: "position", domain: [0, points.length - 1] },
    y: { label: `cosine with wpe[${position}]`, domain: [-1, 1], ticks: 5, grid: true },
    marks: [
      Plot.rect([{}], { x1: 0, x2: n_text - 1, y1: -1, y2: 1, fill: "currentColor", fillOpacity: 0.07 }),
      Plot.ruleX([position], { stroke: "currentColor", strokeOpacity: 0.5, strokeDasharray: "3,3" }),
      Plot.lineY(points, { x: "place", y: "cosine", stroke: "var(--md-primary-fg-color)", strokeWidth: 1.6 }),
      Plot.tip(
        points,
        Plot.pointerX({ x: "place", y: "cosine", title: tip, fill: "var(--md-default-bg-color)" }),
      ),
    ],
  };
}

/** @param {{place: number, cosine: number}} point */
const tip = ({ place, cosine }) => `position ${place}\ncosine ${cosine.toFixed(2).replace("-", "−")}`;

customElements.define("view-positions", ViewPositions);
