// @ts-check
/**
 * <view-position-channels n="4">: the columns of wpe that change most from position to position, as curves.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{channels: NDArray, curves: NDArray, n_embd: number}} Value
 */
import { row, short } from "../arrays.js";
import "./plot-chart.js";
import { LiveView } from "./live-view.js";

export class ViewPositionChannels extends LiveView {
  #chart = /** @type {import("./plot-chart.js").PlotChart} */ (document.createElement("plot-chart"));

  /**
   * @override
   * @param {Value} value
   */
  draw({ channels, curves }) {
    if (!this.#chart.isConnected) this.body.replaceChildren(this.#chart);
    const names = [...channels.data].map((channel) => `channel ${channel}`);
    const n_ctx = curves.shape[1];
    this.#chart.show({
      label: `${names.join(", ")} of wpe at every position`,
      options: (Plot) => panels(Plot, names, curves),
      heads: ["position", ...names],
      rows: () =>
        Array.from({ length: n_ctx }, (_, position) => [
          `${position}`,
          ...names.map((_, i) => short(row(curves, i)[position])),
        ]),
    });
  }
}

/**
 * One small chart a channel, one above the other.
 *
 * @param {import("./plot-chart.js").Plot} Plot
 * @param {string[]} names
 * @param {NDArray} curves
 */
function panels(Plot, names, curves) {
  const points = names.flatMap((name, i) =>
    [...row(curves, i)].map((value, position) => ({ name, position, value })),
  );
  return {
    height: 72 * names.length + 40,
    marginLeft: 42,
    marginRight: 92,
    x: { label: "position" },
    y: { label: null, ticks: 3, grid: true },
    fy: { label: null, domain: names },
    marks: [
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
      Plot.lineY(points, {
        x: "position",
        y: "value",
        fy: "name",
        stroke: "var(--md-primary-fg-color)",
        strokeWidth: 1.4,
      }),
    ],
  };
}

customElements.define("view-position-channels", ViewPositionChannels);
