// @ts-check
/**
 * The loss curve: every step's loss, the mean of the last steps, the loss on what is held out, and where guessing stands.
 *
 * @typedef {import("../training.js").Training} Training
 * @typedef {import("./plot-chart.js").Plot} Plot
 * @typedef {import("./plot-chart.js").PlotChart} PlotChart
 */
import { make } from "./dom.js";
import "./plot-chart.js";

const PAUSE_MS = 400; // between two drawings
const MAX_ROWS = 60;

export class TrainingChart {
  #chart = /** @type {PlotChart} */ (document.createElement("plot-chart"));
  element = make("div", { class: "lt-chart", hidden: true });
  #isWaiting = false;
  #drawn = "";

  constructor() {
    this.element.append(keys(), this.#chart);
  }

  /** @param {Training} training */
  show(training) {
    this.element.hidden = training.about === null || training.steps.length + training.heldOut.length === 0;
    if (this.element.hidden || this.#isWaiting) return;
    this.#isWaiting = true;
    this.#draw(training);
    setTimeout(() => {
      this.#isWaiting = false;
      if (this.element.isConnected) this.show(training);
    }, PAUSE_MS);
  }

  /** @param {Training} training */
  #draw({ about, steps, heldOut }) {
    const state = [steps.length, heldOut.length, about?.n_vocab, about?.n_steps].join();
    if (state === this.#drawn || !about) {
      this.#drawn = state;
      return;
    }
    this.#drawn = state;
    this.#chart.show({
      label: "The loss of every training step and on the text that is held out, in nats a token",
      options: (Plot) => lines(Plot, about, steps, heldOut),
      heads: ["step", "loss", "mean of 10", "held out"],
      rows: () => rows(steps, heldOut),
    });
  }
}

function keys() {
  const key = (/** @type {string} */ colour, /** @type {string} */ text) => {
    const line = make("span", { class: "chart-key", "aria-hidden": "true" });
    line.style.color = colour;
    return make("li", {}, line, text);
  };
  return make(
    "ul",
    { class: "chart-keys" },
    key("var(--md-primary-fg-color)", "training: mean of the last 10 steps (faint: each step)"),
    key("var(--view-warm)", "held out: a part of the text that is not trained on"),
  );
}

/**
 * @param {Plot} Plot
 * @param {import("../training.js").About} about
 * @param {import("../training.js").Step[]} steps
 * @param {import("../training.js").HeldOut[]} heldOut
 */
function lines(Plot, about, steps, heldOut) {
  const main = "var(--md-primary-fg-color)";
  const warm = "var(--view-warm)";
  const guess = `guessing: ln ${about.n_vocab} = ${about.blind_loss.toFixed(2)}`;
  return {
    height: 260,
    marginLeft: 40,
    marginRight: 14,
    x: { label: "step", domain: [0, about.n_steps] },
    y: { label: "nats a token", grid: true, zero: true },
    marks: [
      Plot.ruleY([about.blind_loss], { stroke: "currentColor", strokeDasharray: "4 3" }),
      Plot.text([guess], {
        x: about.n_steps,
        y: about.blind_loss,
        textAnchor: "end",
        dy: -7,
        fill: "currentColor",
      }),
      Plot.lineY(steps, { x: "step", y: "loss", stroke: main, strokeWidth: 1, strokeOpacity: 0.3 }),
      Plot.lineY(steps, { x: "step", y: "mean", stroke: main, strokeWidth: 2.5 }),
      Plot.lineY(heldOut, { x: "step", y: "loss", stroke: warm, strokeWidth: 2 }),
      Plot.dot(heldOut, { x: "step", y: "loss", fill: warm, r: 3 }),
    ],
  };
}

/**
 * At most `MAX_ROWS` steps, evenly, and all at which something else was measured.
 *
 * @param {import("../training.js").Step[]} steps
 * @param {import("../training.js").HeldOut[]} heldOut
 */
function rows(steps, heldOut) {
  const measured = new Map(heldOut.map(({ step, loss }) => [step, loss.toFixed(3)]));
  const every = Math.ceil(steps.length / MAX_ROWS);
  const first = measured.has(0) ? [["0", "", "", measured.get(0) ?? ""]] : [];
  const others = steps
    .filter(({ step }, i) => i % every === 0 || measured.has(step) || i === steps.length - 1)
    .map(({ step, loss, mean }) => [
      String(step),
      loss.toFixed(3),
      mean.toFixed(3),
      measured.get(step) ?? "",
    ]);
  return [...first, ...others];
}
