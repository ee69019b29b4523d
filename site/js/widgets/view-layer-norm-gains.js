// @ts-check
/**
 * <view-layer-norm-gains>: the spread of what was learned for every layer norm of the model, from the first to the last.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{names: string[], n_embd: number, near_0: NDArray, g: NDArray, b: NDArray}} Value
 */
import { row, short } from "../arrays.js";
import "./plot-chart.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";

const QUANTILES = ["least", "quarter", "median", "three quarters", "most"];
const PARTS = /** @type {const} */ ({ g: "gain g", b: "bias b" });

export class ViewLayerNormGains extends LiveView {
  #note = make("p", { class: "view-hint" });
  #chart = /** @type {import("./plot-chart.js").PlotChart} */ (document.createElement("plot-chart"));

  /**
   * @override
   * @param {Value} value
   */
  draw({ names, n_embd, near_0, g, b }) {
    if (!this.#chart.isConnected) this.body.replaceChildren(this.#chart, this.#note);
    const counts = [...near_0.data];
    const first = counts.indexOf(Math.max(...counts));
    this.#note.textContent = `Gains between −0.02 and 0.02: ${near_0.data[first]} of ${n_embd} in ${names[first]}, which has the most of them.`;
    const parts = { g, b };
    const spreads = /** @type {(keyof typeof PARTS)[]} */ (["g", "b"]).flatMap((part) =>
      names.map((name, i) => {
        const [least, lower, median, upper, most] = row(parts[part], i);
        return { name: shortName(name), part: PARTS[part], least, lower, median, upper, most };
      }),
    );
    this.#chart.show({
      label: "Gain and bias of every layer norm: the smallest, the quartiles and the largest",
      options: (Plot) => chart(Plot, spreads, names.map(shortName)),
      heads: [
        "layer norm",
        ...QUANTILES.map((name) => `g, ${name}`),
        ...QUANTILES.map((name) => `b, ${name}`),
      ],
      rows: () => names.map((name, i) => [name, ...[...row(g, i), ...row(b, i)].map(short)]),
    });
  }
}

/**
 * @param {import("./plot-chart.js").Plot} Plot
 * @param {object[]} spreads
 * @param {string[]} names
 */
function chart(Plot, spreads, names) {
  const stroke = "var(--md-primary-fg-color)";
  const place = { x: "name", fy: "part" };
  return {
    height: 330,
    marginLeft: 38,
    marginBottom: 60,
    marginRight: 58,
    x: { domain: names, label: null, tickRotate: -90 },
    y: { label: null, grid: true, ticks: 4 },
    fy: { label: null, domain: Object.values(PARTS) },
    marks: [
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
      Plot.link(spreads, {
        ...place,
        x1: "name",
        x2: "name",
        y1: "least",
        y2: "most",
        stroke,
        strokeOpacity: 0.5,
      }),
      Plot.link(spreads, {
        ...place,
        x1: "name",
        x2: "name",
        y1: "lower",
        y2: "upper",
        stroke,
        strokeWidth: 5,
      }),
      Plot.dot(spreads, { ...place, y: "median", r: 2.6, fill: "var(--md-default-bg-color)", stroke }),
    ],
  };
}

/** "2.ln_1" for "ln_1 of block 2". @param {string} name */
const shortName = (name) => name.replace(/^(\w+) of block (\d+)$/, "$2.$1");

customElements.define("view-layer-norm-gains", ViewLayerNormGains);
