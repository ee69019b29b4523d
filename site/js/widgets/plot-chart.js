// @ts-check
/**
 * <plot-chart>: a chart of Observable Plot as wide as its place, drawn again when that changes, and its numbers in a
 * table underneath, which is made when it is opened. Made from code, and kept: `show(options)` draws other numbers.
 *
 * @typedef {typeof import("../../../build/vendor/plot.js")} Plot
 *
 * @typedef {object} ChartOptions
 * @property {string} label  what it shows, for those who do not see it
 * @property {(Plot: Plot, width: number) => NonNullable<Parameters<Plot["plot"]>[0]>} options
 * @property {string[]} heads     of the table
 * @property {() => string[][]} rows  of the table; the first of each is the row's name
 * @property {(datum: any) => void} [onPick]  a click on what the pointer is nearest to
 */
import { plot } from "../vendor.js";
import { numbersTable } from "./data-table.js";
import { make } from "./dom.js";

export class PlotChart extends HTMLElement {
  /** @type {ChartOptions | null} */
  #options = null;
  #figure = make("div", { class: "chart-figure", role: "img", "aria-label": "A chart" });
  #numbers = make("details", { class: "heat-numbers" }, make("summary", {}, "The numbers as a table"));
  #width = 0;
  #isBuilt = false;
  #watched = new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - this.#width) > 1) this.#draw();
  });

  connectedCallback() {
    if (!this.#isBuilt) {
      this.#isBuilt = true;
      this.replaceChildren(this.#figure, this.#numbers);
      this.#numbers.addEventListener("toggle", () => this.#writeNumbers());
    }
    this.#watched.observe(this);
  }

  disconnectedCallback() {
    this.#watched.disconnect();
  }

  /** @param {ChartOptions} options */
  show(options) {
    this.#options = options;
    this.#draw();
    this.#writeNumbers();
  }

  async #draw() {
    const Plot = await plot();
    if (!this.#options || !this.clientWidth) return; // it has no place yet: the observer calls again
    this.#width = this.clientWidth;
    const { label, options, onPick } = this.#options;
    const wanted = options(Plot, this.#width);
    const chart = Plot.plot({
      width: this.#width,
      marginBottom: wanted.x?.label ? 42 : 30, // below the ticks' own names stands the axis's
      style: { background: "none", overflow: "visible", fontSize: "12px" },
      ...wanted,
    });
    chart.setAttribute("aria-hidden", "true"); // Plot labels its groups, each for itself: the whole has one name here
    this.#figure.setAttribute("aria-label", label);
    if (onPick) chart.addEventListener("click", () => chart.value && onPick(chart.value));
    this.#figure.replaceChildren(chart);
  }

  #writeNumbers() {
    this.#numbers.querySelector(".view-scroll")?.remove();
    if (!this.#numbers.open || !this.#options) return;
    const { label, rows, heads } = this.#options;
    this.#numbers.append(numbersTable(label, rows(), heads));
  }
}

customElements.define("plot-chart", PlotChart);
