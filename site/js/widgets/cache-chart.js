// @ts-check
/**
 * <cache-chart>: the time of one token with the cache and without it, by the length of the text, measured in this tab when
 * the reader says so. Python measures one length at a time, so that it can be stopped, and others get their turn.
 *
 * @typedef {{length: number, without_ms: number, with_ms: number}} Measured
 * @typedef {import("./plot-chart.js").Plot} Plot
 * @typedef {import("./plot-chart.js").PlotChart} PlotChart
 */
import { engine } from "../engine.js";
import { explain } from "../errors.js";
import { chartKeys } from "./chart-keys.js";
import { make } from "./dom.js";
import { engineName } from "./engine-choice.js";
import "./plot-chart.js";

const KEYS = [
  { name: "without a cache", colour: "var(--view-warm)" },
  { name: "with the cache", colour: "var(--md-primary-fg-color)" },
];
const SPARE = 4; // tokens of the context that a measurement needs beyond the length

export class CacheChart extends HTMLElement {
  #button = make("button", { type: "button", class: "view-button" }, "Measure");
  #status = make("span", { "aria-live": "polite" });
  #chart = /** @type {PlotChart} */ (document.createElement("plot-chart"));
  /** @type {AbortController | null} */
  #run = null;
  /** @type {Measured[]} */
  measured = [];

  connectedCallback() {
    if (this.#button.isConnected) return;
    this.replaceChildren(make("p", {}, this.#button, " ", this.#status));
    this.#button.addEventListener("click", () => this.#toggle());
  }

  disconnectedCallback() {
    this.#run?.abort();
  }

  #toggle() {
    if (this.#run) return this.#run.abort();
    this.#run = new AbortController();
    this.#button.textContent = "Stop";
    this.#measure(this.#run.signal)
      .then((text) => this.#say(text))
      .catch((error) => this.#say(`${explain(error).message} ${explain(error).hint ?? ""}`))
      .finally(() => {
        this.#run = null;
        this.#button.textContent = "Measure";
      });
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<string>}  how it ended
   */
  async #measure(signal) {
    const { info } = engine.state;
    if (!info) return "The model has not loaded yet.";
    this.measured = [];
    for (const length of lengthsUpTo(info.n_ctx - SPARE)) {
      if (signal.aborted) return "Stopped.";
      this.#say(`Measuring at ${length.toLocaleString("en")} tokens …`);
      const wants = [{ view: "token_time", length }];
      const focus = { layer: 0, head: 0, token: -1 };
      const box = /** @type {import("./prompt-box.js").PromptBox | null} */ (
        document.querySelector("prompt-box")
      );
      const [answer] = (await engine.inspect({ prompt: box?.prompt ?? "", focus, wants })).answers;
      if ("error" in answer) return `${answer.error.message} ${answer.error.hint ?? ""}`;
      this.measured.push(answer.value);
      this.#draw();
    }
    return `Measured in this tab, by ${engineName(info.matmul)}.`;
  }

  /** @param {string} text */
  #say(text) {
    this.#status.textContent = text;
  }

  #draw() {
    if (!this.#chart.isConnected) this.append(chartKeys(KEYS), this.#chart);
    const { measured } = this;
    this.#chart.show({
      label: "Milliseconds for one more token, by the length of the text, without the cache and with it",
      options: (Plot) => lines(Plot, measured),
      heads: ["tokens", "without, ms", "with, ms"],
      rows: () =>
        measured.map((one) => [String(one.length), one.without_ms.toFixed(1), one.with_ms.toFixed(1)]),
    });
  }
}

/**
 * Eight lengths, evenly spaced.
 *
 * @param {number} n_most
 */
export function lengthsUpTo(n_most) {
  const n = Math.min(8, n_most);
  return Array.from({ length: n }, (_, i) => Math.round((n_most * (i + 1)) / n));
}

/**
 * @param {Plot} Plot
 * @param {Measured[]} measured
 */
function lines(Plot, measured) {
  const marks = [
    { y: "without_ms", stroke: "var(--view-warm)" },
    { y: "with_ms", stroke: "var(--md-primary-fg-color)" },
  ].flatMap(({ y, stroke }) => [
    Plot.lineY(measured, { x: "length", y, stroke, strokeWidth: 2 }),
    Plot.dot(measured, { x: "length", y, fill: stroke, r: 3 }),
  ]);
  return {
    height: 240,
    marginLeft: 52,
    marginRight: 14,
    x: { label: "tokens in the text", zero: true },
    y: { label: "ms for one more token", grid: true, zero: true },
    marks,
  };
}

customElements.define("cache-chart", CacheChart);
