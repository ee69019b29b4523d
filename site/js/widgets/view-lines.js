// @ts-check
/**
 * <view-lines function="softmax" data-first="1">: makes the code above it a thing to click: a line that computes an array
 * shows that array, from the run on the reader's prompt. `data-first` is the function's first line within the code (its
 * decorator), counted from 0; `path` picks a call other than the first in the layer that is looked at.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{name: string, shape: number[], dtype: string, min: number, max: number, mean: number, where: string,
 *   rows?: NDArray, columns?: NDArray, table?: NDArray}} Picture
 */
import { short } from "../arrays.js";
import { make } from "./dom.js";
import { heatMap } from "./heat-map.js";
import { LiveView } from "./live-view.js";

export class ViewLines extends LiveView {
  /** @type {number | null} the line that is open */
  #open = null;

  /** @override */
  get want() {
    return this.#open === null ? super.want : { ...super.want, line: this.#open };
  }

  /**
   * @override
   * @param {{lines: {line: number, arrays: Picture[]}[]}} value
   */
  draw({ lines }) {
    const spans = this.#codeLines();
    for (const { line } of lines) {
      const span = spans[line];
      if (span && !span.classList.contains("code-line")) this.#enliven(span, line);
    }
    for (const span of spans) if (span.role === "button") span.setAttribute("aria-expanded", "false");
    if (this.#open !== null) spans[this.#open]?.setAttribute("aria-expanded", "true");
    const arrays = lines.find(({ line }) => line === this.#open)?.arrays ?? [];
    this.body.replaceChildren(...arrays.map(card));
    if (this.#open === null && lines.length)
      this.body.append(
        make("p", { class: "view-hint" }, "Choose a marked line to see what it computed for your prompt."),
      );
  }

  /** The function's lines in the code block before this element. */
  #codeLines() {
    const block = this.closest(".live-source")?.querySelector("code");
    const spans = /** @type {HTMLElement[]} */ ([
      ...(block?.querySelectorAll(':scope > span[id^="__span"]') ?? []),
    ]);
    const lines = spans.slice(Number(this.dataset.first ?? 0));
    const def = lines.findIndex((span) => span.textContent?.startsWith("def "));
    lines.splice(0, 1, lines[def]); // what Python has on line 0, the decorator, are the arguments
    return lines;
  }

  /**
   * @param {HTMLElement} span
   * @param {number} line
   */
  #enliven(span, line) {
    span.classList.add("code-line");
    for (const [name, value] of Object.entries({ role: "button", tabindex: "0" }))
      span.setAttribute(name, value);
    const toggle = () => {
      this.#open = this.#open === line ? null : line;
      this.refresh();
    };
    span.addEventListener("click", () => {
      if (String(getSelection()) === "") toggle(); // else the reader marks text
    });
    span.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle();
    });
  }
}

/** @param {Picture} picture */
function card({ name, shape, dtype, min, max, mean, where, rows, columns, table }) {
  const facts = `${shape.length ? shape.join(" × ") : "one number"} · ${dtype} · ${short(min)} to ${short(max)} · mean ${short(mean)}`;
  const head = make("p", { class: "view-array-head" }, make("code", {}, name), " ", make("span", {}, facts));
  /** @type {HTMLElement[]} */
  const children = [head];
  if (table && rows && columns) {
    const label = `${name}${where ? `, ${where}` : ""}`;
    if (where) children.push(make("p", { class: "view-hint" }, `Shown: ${where}.`));
    const names = { rows: [...rows.data].map(String), columns: [...columns.data].map(String) };
    children.push(heatMap({ label, table, ...names }));
  }
  return make("section", { class: "view-array" }, ...children);
}

customElements.define("view-lines", ViewLines);
