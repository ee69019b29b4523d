// @ts-check
/**
 * <view-greedy-loop n="120">: what follows the prompt if the likeliest token is taken each time, with the part in which it
 * repeats itself marked. The reader starts it: it takes as long as so many tokens take.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{ids: number[], tokens: string[], probabilities: NDArray, period: number, begin: number}} Value
 * @typedef {import("./plot-chart.js").PlotChart} PlotChart
 */
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import "./plot-chart.js";
import { count, percent, visible } from "./text.js";

export class ViewGreedyLoop extends LiveView {
  #isAsked = false;
  #run = make("button", { type: "button", class: "view-button" }, "Go on greedily");
  #caption = make("p", { class: "view-caption", "aria-live": "polite" });
  #text = make("p", { class: "loop-text" });
  #chart = /** @type {PlotChart} */ (document.createElement("plot-chart"));

  /** @override */
  connectedCallback() {
    if (!this.#run.isConnected) {
      this.body.replaceChildren(this.#run, this.#caption);
      this.#run.addEventListener("click", () => {
        this.#isAsked = true;
        this.refresh();
      });
    }
    super.connectedCallback();
  }

  /** @override */
  get want() {
    return this.#isAsked ? super.want : null;
  }

  /**
   * @override
   * @param {Value} value
   */
  draw(value) {
    const { tokens, probabilities, period, begin } = value;
    this.body.replaceChildren(this.#run, this.#caption, this.#text, this.#chart);
    this.#caption.textContent =
      period === 0
        ? `${count(tokens.length, "token")}, and no loop yet.`
        : `From token ${begin} on, the same ${count(period, "token")} come again and again.`;
    const repeated = make("mark", {}, tokens.slice(begin).join(""));
    this.#text.replaceChildren(tokens.slice(0, begin).join(""), repeated);
    const points = tokens.map((token, i) => ({ i, token: visible(token), p: probabilities.data[i] }));
    this.#chart.show({
      label: "The probability of each token that was taken",
      options: (Plot) => ({
        height: 170,
        marginLeft: 48,
        x: { label: "token" },
        y: { label: "probability", domain: [0, 1], grid: true, ticks: 5, tickFormat: "~p" },
        marks: [
          ...(period === 0 ? [] : [Plot.ruleX([begin], { stroke: "var(--view-warm)", strokeWidth: 2 })]),
          Plot.lineY(points, { x: "i", y: "p", stroke: "var(--md-primary-fg-color)" }),
        ],
      }),
      heads: ["place", "token", "probability"],
      rows: () => points.map(({ i, token, p }) => [String(i), token, percent(p)]),
    });
  }
}

customElements.define("view-greedy-loop", ViewGreedyLoop);
