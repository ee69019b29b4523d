// @ts-check
/**
 * <heat-map>: a matrix as coloured cells. Hovering, touching or the arrow keys read one cell; the numbers themselves
 * stand in a table underneath, which is made when it is opened. Made from code: `heatMap({label, table, …})`; another
 * matrix is put in its place by setting `options`, which leaves the reader's keyboard where it is.
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
 * @property {import("./heat-paint.js").Masked} [masked]  cells that count as masked, besides −∞ and NaN
 * @property {"rows" | "both"} [names]  which names stand beside the cells
 * @property {number} [markedRow]  has a frame
 * @property {number} [rowHeight]  of a row in pixels; else cells are square
 * @property {(row: number, column: number) => void} [onPick]  a click or Enter on a cell
 */
import { row as rowOf, short } from "../arrays.js";
import { onSchemeChange } from "../colour-scale.js";
import { make } from "./dom.js";
import { matrixNumbers } from "./heat-numbers.js";
import { coloursFor, paint } from "./heat-paint.js";

const HINT = "Point at a cell to read it.";
const MOST_CELL_PX = 16;
const MOST_NAMES = 40; // beyond that the first and the last one stand for all
const PAGE = 10; // cells, for Page Up and Page Down

export class HeatMap extends HTMLElement {
  /** @type {HeatMapOptions} */
  #options = {
    label: "",
    table: { shape: [0, 0], dtype: "float32", data: new Float32Array() },
    rows: [],
    columns: [],
  };
  #canvas = make("canvas", { class: "heat-canvas", tabindex: 0, role: "img" });
  #cursor = make("span", { class: "heat-cursor", hidden: true });
  #mark = make("span", { class: "heat-mark", hidden: true });
  #frame = make("div", { class: "heat-frame" }, this.#canvas, this.#mark, this.#cursor);
  #plot = make("div", { class: "heat-plot" }, this.#frame);
  #readout = make("p", { class: "heat-readout", "aria-live": "polite" });
  #legend = make("p", { class: "heat-legend" });
  #numbers = make("details", { class: "heat-numbers" });
  #at = { row: 0, column: 0 };
  #isBuilt = false;
  /** @type {AbortController | null} */
  #presence = null;

  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = options;
    if (this.#isBuilt) this.#lay();
    if (this.isConnected) this.#paint();
  }

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
    this.replaceChildren(this.#plot, this.#readout, this.#legend, this.#numbers);
    this.#canvas.addEventListener("pointermove", (event) => this.#point(event));
    this.#canvas.addEventListener("pointerdown", (event) => this.#point(event));
    this.#canvas.addEventListener("pointerleave", (event) => this.#leave(event));
    this.#canvas.addEventListener("click", () => this.#pick());
    this.#canvas.addEventListener("focus", () => this.#read());
    this.#canvas.addEventListener("blur", () => this.#forget());
    this.#canvas.addEventListener("keydown", (event) => this.#walk(event));
    this.#numbers.addEventListener("toggle", () => this.#writeNumbers());
    this.#lay();
  }

  /** What depends on the options, but not on light or dark. */
  #lay() {
    const { label, table, rowHeight, markedRow } = this.#options;
    const [n_rows, n_columns] = table.shape;
    this.#at = { row: clamp(this.#at.row, n_rows), column: clamp(this.#at.column, n_columns) };
    this.#canvas.setAttribute("aria-label", `${label}. Arrow keys read its cells.`);
    this.#canvas.style.aspectRatio = rowHeight ? "auto" : `${n_columns} / ${n_rows}`;
    this.#canvas.style.blockSize = rowHeight ? `${n_rows * rowHeight}px` : "";
    this.#layNames();
    this.#mark.hidden = markedRow === undefined || markedRow < 0 || markedRow >= n_rows;
    if (!this.#mark.hidden) place(this.#mark, Number(markedRow) / n_rows, 0, 1 / n_rows, 1);
    this.#numbers.replaceChildren(make("summary", {}, "The numbers as a table"));
    this.#writeNumbers();
    if (document.activeElement === this.#canvas) this.#read();
    else this.#forget();
  }

  #layNames() {
    const { table, rows, columns, names, rowHeight } = this.#options;
    const n_columns = table.shape[1];
    for (const old of this.#plot.querySelectorAll(".heat-names")) old.remove();
    if (names === "both") this.#plot.prepend(beside("heat-names-columns", columns));
    if (names) this.#plot.prepend(beside("heat-names-rows", rows));
    this.#plot.classList.toggle("has-names", names !== undefined);
    const sizes = {
      width: `${Math.max(1, n_columns) * MOST_CELL_PX}px`,
      columns: n_columns,
      row: rowHeight ? `${rowHeight}px` : `min(${MOST_CELL_PX}px, 93cqi / ${Math.max(1, n_columns)})`,
    };
    for (const [name, size] of Object.entries(sizes))
      this.#plot.style.setProperty(`--heat-${name}`, `${size}`);
  }

  #paint() {
    const { table, scale, range, masked } = this.#options;
    const colours = coloursFor(table, scale, range);
    const hasGaps = paint(this.#canvas, table, colours, masked);
    const strip = make("span", { class: "heat-strip", "aria-hidden": "true" });
    const stops = Array.from({ length: 9 }, (_, i) => {
      const value = colours.min + (i / 8) * (colours.max - colours.min);
      return `rgb(${colours.scale(value).join(" ")})`;
    });
    strip.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    this.#legend.replaceChildren(short(colours.min), strip, short(colours.max));
    if (hasGaps) this.#legend.append(make("span", { class: "heat-hatch", "aria-hidden": "true" }), "masked");
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const box = this.#canvas.getBoundingClientRect();
    const [n_rows, n_columns] = this.#options.table.shape;
    const column = Math.floor(((event.clientX - box.left) / box.width) * n_columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * n_rows);
    this.#at = { row: clamp(row, n_rows), column: clamp(column, n_columns) };
    this.#read();
  }

  #pick() {
    const { row, column } = this.#at;
    this.#options.onPick?.(row, column);
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    if (event.key === "Enter") this.#pick();
    const [n_rows, n_columns] = this.#options.table.shape;
    const { row, column } = this.#at;
    const places = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [row, 0],
      End: [row, n_columns - 1],
      PageUp: [row - PAGE, column],
      PageDown: [row + PAGE, column],
    };
    const next = places[/** @type {keyof typeof places} */ (event.key)];
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#at = { row: clamp(next[0], n_rows), column: clamp(next[1], n_columns) };
    this.#read();
  }

  #read() {
    const { rows, columns, table, masked } = this.#options;
    const [n_rows, n_columns] = table.shape;
    const { row, column } = this.#at;
    if (!n_rows || !n_columns) return;
    const value = short(rowOf(table, row)[column]);
    const more = masked?.(row, column) ? ", masked" : "";
    this.#readout.textContent = `${rows[row]} → ${columns[column]}: ${value}${more}`;
    this.#cursor.hidden = false;
    place(this.#cursor, row / n_rows, column / n_columns, 1 / n_rows, 1 / n_columns);
  }

  /** A finger that lifts leaves what it has read: nobody sees under a finger. @param {PointerEvent} event */
  #leave(event) {
    if (event.pointerType === "mouse" && document.activeElement !== this.#canvas) this.#forget();
  }

  #forget() {
    this.#cursor.hidden = true;
    this.#readout.replaceChildren(make("span", { class: "strip-hint" }, HINT));
  }

  #writeNumbers() {
    if (!this.#numbers.open || this.#numbers.querySelector("table")) return;
    this.#numbers.append(
      matrixNumbers(this.#options, { row: this.#options.markedRow ?? this.#at.row, column: this.#at.column }),
    );
  }
}

/** @param {HeatMapOptions} options */
export function heatMap(options) {
  const element = /** @type {HeatMap} */ (document.createElement("heat-map"));
  element.options = options;
  return element;
}

/**
 * Names along one side, where a table says them, too.
 *
 * @param {string} side
 * @param {string[]} names
 */
function beside(side, names) {
  const isWhole = names.length <= MOST_NAMES;
  const spans = (isWhole ? names : [names[0], "…", names[names.length - 1]]).map((name) =>
    make("span", {}, name),
  );
  const kind = `heat-names ${side}${isWhole ? "" : " heat-ends"}`;
  return make("div", { class: kind, "aria-hidden": "true" }, ...spans);
}

/**
 * Puts an element at a share of its parent.
 *
 * @param {HTMLElement} element
 * @param {number} top
 * @param {number} left
 * @param {number} height
 * @param {number} width
 */
function place(element, top, left, height, width) {
  Object.assign(element.style, {
    insetBlockStart: `${100 * top}%`,
    insetInlineStart: `${100 * left}%`,
    blockSize: `${100 * height}%`,
    inlineSize: `${100 * width}%`,
  });
}

/**
 * @param {number} i
 * @param {number} n
 */
const clamp = (i, n) => Math.max(0, Math.min(n - 1, i));

customElements.define("heat-map", HeatMap);
