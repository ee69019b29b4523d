// @ts-check
/**
 * <vector-strips>: vectors of equal length, one under the other, each folded into a few lines of coloured cells, one
 * cell a channel. Hovering, touching or the arrow keys read the same channel in all of them; the numbers themselves
 * stand in a table underneath, which is made when it is opened. Made from code, and kept: `show(options)` again draws
 * other numbers and leaves the reader's place and the open table alone.
 *
 * @typedef {object} Vector  as picogpt/views/vectors.py sends it
 * @property {import("../arrays.js").NDArray} values  [C]
 * @property {number} mean
 * @property {number} deviation
 * @property {number} min
 * @property {number} max
 * @property {number} length  Euclidean
 * @property {number} limit   where its colours end
 *
 * @typedef {object} Strip
 * @property {string} name    as in the code
 * @property {string} note    what it is
 * @property {Vector} vector
 * @property {number} [limit]  where colours end, if several share a scale
 *
 * @typedef {object} StripsOptions
 * @property {Strip[]} strips
 * @property {(channel: number) => string} read  what to say about one channel
 */
import { short } from "../arrays.js";
import { colourScale, onSchemeChange } from "../colour-scale.js";
import { numbersTable } from "./data-table.js";
import { make } from "./dom.js";
import { fold } from "./fold.js";

const HINT = "Point at a cell, or use the arrow keys, to read one channel in all of them.";

export class VectorStrips extends HTMLElement {
  /** @type {StripsOptions | null} */
  #options = null;
  #list = make("div", { class: "strips", tabindex: 0, role: "group" });
  #readout = make("p", { class: "heat-readout", "aria-live": "polite" });
  #numbers = make("details", { class: "heat-numbers" }, make("summary", {}, "The numbers as a table"));
  /** @type {HTMLElement[]} */
  #cursors = [];
  #channel = 0;
  #isBuilt = false;
  /** @type {AbortController | null} */
  #presence = null;

  connectedCallback() {
    if (!this.#isBuilt) this.#build();
    this.#presence = new AbortController();
    onSchemeChange(() => this.#draw(), this.#presence.signal);
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  #build() {
    this.#isBuilt = true;
    this.replaceChildren(this.#list, this.#readout, this.#numbers);
    this.#list.addEventListener("pointermove", (event) => this.#point(event));
    this.#list.addEventListener("pointerdown", (event) => this.#point(event));
    this.#list.addEventListener("pointerleave", () => this.#leave());
    this.#list.addEventListener("focus", () => {
      if (this.#list.matches(":focus-visible")) this.#read();
    });
    this.#list.addEventListener("blur", () => this.#leave());
    this.#list.addEventListener("keydown", (event) => this.#walk(event));
    this.#numbers.addEventListener("toggle", () => this.#writeNumbers());
  }

  /** @param {StripsOptions} options */
  show(options) {
    this.#options = options;
    this.#channel = Math.min(this.#channel, this.#n - 1);
    const names = options.strips.map(({ name }) => name).join(", ");
    this.#list.setAttribute("aria-label", `${names}: ${this.#n} channels each. Arrow keys read them.`);
    this.#draw();
    this.#writeNumbers();
    if (this.#list.matches(":focus-visible")) this.#read();
    else this.#leave();
  }

  get #n() {
    return this.#options?.strips[0].vector.values.data.length ?? 0;
  }

  #draw() {
    if (!this.#options) return;
    const drawn = this.#options.strips.map((strip) => stripOf(strip));
    this.#cursors = drawn.map(({ cursor }) => cursor);
    this.#list.replaceChildren(...drawn.map(({ element }) => element));
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const canvas = /** @type {Element} */ (event.target).closest("canvas");
    if (!canvas) return;
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * canvas.width);
    const row = Math.floor(((event.clientY - box.top) / box.height) * canvas.height);
    this.#go(row * canvas.width + column);
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const { columns } = fold(this.#n);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step) return;
    event.preventDefault();
    this.#go(this.#channel + step);
  }

  /** @param {number} channel */
  #go(channel) {
    if (channel < 0 || channel >= this.#n) return;
    this.#channel = channel;
    this.#read();
  }

  #read() {
    if (!this.#options) return;
    const { rows, columns } = fold(this.#n);
    this.#readout.textContent = `channel ${this.#channel}: ${this.#options.read(this.#channel)}`;
    for (const cursor of this.#cursors) {
      cursor.hidden = false;
      Object.assign(cursor.style, {
        insetInlineStart: `${(100 * (this.#channel % columns)) / columns}%`,
        insetBlockStart: `${(100 * Math.floor(this.#channel / columns)) / rows}%`,
        inlineSize: `${100 / columns}%`,
        blockSize: `${100 / rows}%`,
      });
    }
  }

  #leave() {
    for (const cursor of this.#cursors) cursor.hidden = true;
    this.#readout.replaceChildren(make("span", { class: "strip-hint" }, HINT));
  }

  #writeNumbers() {
    this.#numbers.querySelector(".view-scroll")?.remove();
    if (!this.#numbers.open || !this.#options) return;
    const { strips } = this.#options;
    const rows = Array.from({ length: this.#n }, (_, i) => [
      `${i}`,
      ...strips.map(({ vector }) => short(vector.values.data[i])),
    ]);
    const names = strips.map(({ name }) => name);
    this.#numbers.append(numbersTable(`Channels of ${names.join(", ")}`, rows, ["channel", ...names]));
  }
}

/** @param {Strip} strip */
function stripOf({ name, note, vector, limit = vector.limit }) {
  const { data } = vector.values;
  const { rows, columns } = fold(data.length);
  const canvas = make("canvas", {
    class: "heat-canvas",
    width: columns,
    height: rows,
    "aria-hidden": "true",
  });
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(columns, rows);
  const scale = colourScale("diverging", -limit, limit);
  data.forEach((value, i) => {
    image.data.set([...scale(value), 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
  const cursor = make("span", { class: "heat-cursor", hidden: true });
  const caption = make("span", { class: "strip-range" }, `${short(vector.min)} to ${short(vector.max)}`);
  const head = make("p", { class: "strip-head" }, make("code", {}, name), make("span", {}, note), caption);
  return {
    element: make("div", { class: "strip" }, head, make("div", { class: "heat-frame" }, canvas, cursor)),
    cursor,
  };
}

customElements.define("vector-strips", VectorStrips);
