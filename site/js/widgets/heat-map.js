// @ts-check
/**
 * <heat-map>: a matrix as coloured cells. Hovering, touching or the arrow keys read one cell; the numbers themselves
 * stand in a table underneath, which is made when it is opened. Made from code: `heatMap({label, table, …})`.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 *
 * @typedef {object} HeatMapOptions
 * @property {string} label       what it shows, for those who do not see it
 * @property {NDArray} table      [rows, columns]
 * @property {string[]} rows      names
 * @property {string[]} columns   names
 * @property {import("../colour-scale.js").ScaleKind} [scale]  diverging if there are negative numbers
 * @property {[number, number]} [range]  of the colours; else of the numbers
 * @property {(row: number, column: number) => void} [onPick]  a click or Enter on a cell
 */
import { row as rowOf, short } from "../arrays.js";
import { colourScale, onSchemeChange } from "../colour-scale.js";
import { make } from "./dom.js";

const MOST_CELL_PX = 16;

export class HeatMap extends HTMLElement {
  /** @type {HeatMapOptions} */
  options = {
    label: "",
    table: { shape: [0, 0], dtype: "float32", data: new Float32Array() },
    rows: [],
    columns: [],
  };
  #canvas = make("canvas", { class: "heat-canvas", tabindex: 0, role: "img" });
  #cursor = make("span", { class: "heat-cursor", hidden: true });
  #readout = make("p", { class: "heat-readout", "aria-live": "polite" });
  #legend = make("p", { class: "heat-legend" });
  #numbers = make("details", { class: "heat-numbers" }, make("summary", {}, "The numbers as a table"));
  #at = { row: 0, column: 0 };
  #isBuilt = false;
  /** @type {AbortController | null} */
  #presence = null;

  connectedCallback() {
    if (!this.#isBuilt) this.#build();
    this.#presence = new AbortController();
    onSchemeChange(() => this.#paint(), this.#presence.signal);
    this.#paint();
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  #build() {
    this.#isBuilt = true;
    const { shape } = this.options.table;
    this.#canvas.style.aspectRatio = `${shape[1]} / ${shape[0]}`;
    this.#canvas.setAttribute("aria-label", `${this.options.label}. Arrow keys read its cells.`);
    const frame = make("div", { class: "heat-frame" }, this.#canvas, this.#cursor);
    frame.style.inlineSize = `${shape[1] * MOST_CELL_PX}px`;
    this.replaceChildren(frame, this.#readout, this.#legend, this.#numbers);
    this.#canvas.addEventListener("pointermove", (event) => this.#point(event));
    this.#canvas.addEventListener("pointerdown", (event) => this.#point(event));
    this.#canvas.addEventListener("pointerleave", () => this.#leave());
    this.#canvas.addEventListener("click", () => this.options.onPick?.(this.#at.row, this.#at.column));
    this.#canvas.addEventListener("focus", () => this.#read());
    this.#canvas.addEventListener("blur", () => this.#leave());
    this.#canvas.addEventListener("keydown", (event) => this.#walk(event));
    this.#numbers.addEventListener("toggle", () => this.#writeNumbers());
  }

  #paint() {
    const { table } = this.options;
    const [n_rows, n_columns] = table.shape;
    const finite = [...table.data].filter(Number.isFinite);
    const [min, max] = this.options.range ?? [least(finite), most(finite)];
    const kind = this.options.scale ?? (min < 0 ? "diverging" : "sequential");
    const scale = colourScale(kind, min, max);
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
    Object.assign(this.#canvas, { width: n_columns, height: n_rows });
    const image = context.createImageData(Math.max(1, n_columns), Math.max(1, n_rows));
    table.data.forEach((value, i) => {
      // what is -∞ (masked) or no number shows the page's ground
      image.data.set(Number.isFinite(value) ? [...scale(value), 255] : [128, 128, 128, 40], 4 * i);
    });
    context.putImageData(image, 0, 0);
    this.#showLegend(
      kind === "diverging" ? -Math.max(-min, max) : Math.min(0, min),
      kind === "diverging" ? Math.max(-min, max) : max,
      scale,
    );
  }

  /**
   * @param {number} min
   * @param {number} max
   * @param {(value: number) => number[]} scale
   */
  #showLegend(min, max, scale) {
    const strip = make("span", { class: "heat-strip", "aria-hidden": "true" });
    const stops = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1];
    strip.style.background = `linear-gradient(to right, ${stops
      .map((share) => `rgb(${scale(min + share * (max - min)).join(" ")})`)
      .join(", ")})`;
    this.#legend.replaceChildren(short(min), strip, short(max));
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    const [n_rows, n_columns] = this.options.table.shape;
    const column = Math.floor(((event.clientX - box.left) / box.width) * n_columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * n_rows);
    this.#at = { row: clamp(row, n_rows), column: clamp(column, n_columns) };
    this.#read();
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (event.key === "Enter") this.options.onPick?.(this.#at.row, this.#at.column);
    if (!step) return;
    event.preventDefault();
    const [n_rows, n_columns] = this.options.table.shape;
    this.#at = {
      row: clamp(this.#at.row + step[0], n_rows),
      column: clamp(this.#at.column + step[1], n_columns),
    };
    this.#read();
  }

  #read() {
    const { rows, columns, table } = this.options;
    const [n_rows, n_columns] = table.shape;
    const { row, column } = this.#at;
    const value = rowOf(table, row)[column];
    this.#readout.textContent = `${rows[row]} → ${columns[column]}: ${short(value)}`;
    this.#cursor.hidden = false;
    Object.assign(this.#cursor.style, {
      insetInlineStart: `${(100 * column) / n_columns}%`,
      insetBlockStart: `${(100 * row) / n_rows}%`,
      inlineSize: `${100 / n_columns}%`,
      blockSize: `${100 / n_rows}%`,
    });
  }

  #leave() {
    this.#cursor.hidden = true;
    this.#readout.textContent = "";
  }

  #writeNumbers() {
    if (!this.#numbers.open || this.#numbers.querySelector("table")) return;
    const { rows, columns, table, label } = this.options;
    const head = make("tr", {}, make("td", {}), ...columns.map((name) => make("th", { scope: "col" }, name)));
    const body = rows.map((name, i) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, name),
        ...[...rowOf(table, i)].map((value) => make("td", {}, short(value))),
      ),
    );
    const caption = make("caption", {}, label);
    const numbers = make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...body));
    this.#numbers.append(
      make("div", { class: "heat-scroll", tabindex: 0, role: "region", "aria-label": label }, numbers),
    );
  }
}

/** @param {HeatMapOptions} options */
export function heatMap(options) {
  const element = /** @type {HeatMap} */ (document.createElement("heat-map"));
  element.options = options;
  return element;
}

/** @param {number[]} values */
const least = (values) => values.reduce((a, b) => Math.min(a, b), 0);

/** @param {number[]} values */
const most = (values) => values.reduce((a, b) => Math.max(a, b), 0);

/**
 * @param {number} i
 * @param {number} n
 */
const clamp = (i, n) => Math.min(n - 1, Math.max(0, i));

customElements.define("heat-map", HeatMap);
