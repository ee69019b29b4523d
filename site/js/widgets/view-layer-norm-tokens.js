// @ts-check
/**
 * <view-layer-norm-tokens norm="ln_1">: how far the numbers of every token's vector spread before a layer norm, and after.
 *
 * @typedef {{means: import("../arrays.js").NDArray, deviations: import("../arrays.js").NDArray}} Facts
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{norm: string, largest: NDArray, times: NDArray, before: Facts, normalised: Facts, after: Facts}} Value
 * @typedef {{position: number, piece: string, stage: string, deviation: number}} Dot
 */
import { short } from "../arrays.js";
import { views } from "../views.js";
import "./plot-chart.js";
import { chartKeys } from "./chart-keys.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { logScale } from "./log-scale.js";
import { nameOf, normChoice } from "./norm-choice.js";
import { visible } from "./text.js";

const STAGES = /** @type {const} */ ({ before: "goes in", normalised: "normalised (x̂)", after: "comes out" });
const COLOURS = {
  domain: Object.values(STAGES),
  range: ["var(--md-primary-fg-color)", "var(--view-muted)", "var(--view-warm)"],
};
const KEYS = COLOURS.domain.map((name, i) => ({ name, colour: COLOURS.range[i] }));

export class ViewLayerNormTokens extends LiveView {
  #choice = normChoice();
  #caption = make("p", { class: "view-caption" });
  #keys = chartKeys(KEYS);
  #note = make("p", { class: "view-hint" });
  #chart = /** @type {import("./plot-chart.js").PlotChart} */ (document.createElement("plot-chart"));

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw(value, { focus, pieces }) {
    if (!this.#chart.isConnected)
      this.body.replaceChildren(this.#choice, this.#caption, this.#keys, this.#chart, this.#note);
    this.#choice.show(value.norm, this.dataset.state === "recorded");
    const label = `Standard deviation of each token's vector in ${nameOf(value.norm, focus.layer)}`;
    this.#caption.textContent = label;
    const largest = [...value.largest.data].map(
      (channel, i) => `${channel} (${short(value.times.data[i])} times)`,
    );
    this.#note.textContent = `The channels with the largest numbers going in, on average over the prompt, and how many times as large as the median channel: ${largest.join(", ")}.`;
    const stages = /** @type {(keyof typeof STAGES)[]} */ (Object.keys(STAGES));
    const dots = stages.flatMap((stage) =>
      [...value[stage].deviations.data].map((deviation, position) => ({
        position,
        piece: visible(pieces[position]),
        stage: STAGES[stage],
        deviation,
      })),
    );
    this.#chart.show({
      label,
      options: (Plot, width) => chart(Plot, dots, focus.token, width),
      heads: [
        "position",
        "token",
        ...stages.flatMap((stage) => [`mean, ${STAGES[stage]}`, `deviation, ${STAGES[stage]}`]),
      ],
      rows: () =>
        pieces.map((piece, i) => [
          `${i}`,
          visible(piece),
          ...stages.flatMap((stage) =>
            [value[stage].means, value[stage].deviations].map(({ data }) => short(data[i])),
          ),
        ]),
      onPick: (/** @type {Dot} */ { position }) => views.look({ token: position }),
    });
  }
}

/**
 * @param {import("./plot-chart.js").Plot} Plot
 * @param {Dot[]} dots
 * @param {number} looked
 * @param {number} width
 */
function chart(Plot, dots, looked, width) {
  const n = dots.length / COLOURS.domain.length;
  const pieces = dots.slice(0, n).map(({ piece }) => piece);
  const hasNames = n * 16 <= width; // each token's name takes a line's height, being written upright
  return {
    height: hasNames ? 270 : 214,
    marginLeft: 44,
    marginBottom: hasNames ? 92 : 36,
    x: {
      label: hasNames ? null : "position",
      domain: [-0.5, Math.max(n - 0.5, 0.5)],
      ...(hasNames && {
        ticks: pieces.map((_, i) => i),
        tickFormat: (/** @type {number} */ i) => shortened(pieces[i]),
        tickRotate: -90,
      }),
    },
    y: {
      label: "standard deviation",
      type: /** @type {const} */ ("log"),
      grid: true,
      ...logScale(dots.map(({ deviation }) => deviation)),
      tickFormat: String,
    },
    color: COLOURS,
    marks: [
      Plot.ruleX([looked], { stroke: "currentColor", strokeOpacity: 0.5, strokeDasharray: "3,3" }),
      Plot.dot(dots, { x: "position", y: "deviation", fill: "stage", r: hasNames ? 3.5 : 2 }),
      Plot.tip(
        dots,
        Plot.pointer({ x: "position", y: "deviation", title: tip, fill: "var(--md-default-bg-color)" }),
      ),
    ],
  };
}

/** @param {string} piece */
const shortened = (piece) => (piece.length > 12 ? `${piece.slice(0, 11)}…` : piece);

/** @param {Dot} dot */
const tip = ({ position, piece, stage, deviation }) =>
  `${piece} at ${position}\n${stage}: ${short(deviation)}`;

customElements.define("view-layer-norm-tokens", ViewLayerNormTokens);
