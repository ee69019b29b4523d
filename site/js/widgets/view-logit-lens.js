// @ts-check
/**
 * <view-logit-lens>: the best next token after every block (rows) at up to twelve positions (columns), coloured by its
 * probability there, or by that of the token which the whole model likes best. One tab stop: the arrow keys walk, Enter
 * or a click looks at that block and token. `first` keeps the columns where they are meanwhile.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{positions: NDArray, ids: NDArray, tokens: string[][], probabilities: NDArray, final: NDArray,
 *   n_tokens: number}} Value
 * @typedef {import("../engine.js").Inspection} Inspection
 */
import { row as rowOf } from "../arrays.js";
import { colourScale, onSchemeChange } from "../colour-scale.js";
import { views } from "../views.js";
import { make, uniqueId } from "./dom.js";
import { inkOn } from "./ink.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";

const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class ViewLogitLens extends LiveView {
  #id = uniqueId("lens");
  #isOfFinal = make("input", { type: "checkbox", id: this.#id });
  #readout = make("p", { class: "heat-readout", "aria-live": "polite" });
  /** @type {number | null} the first column, once the reader has chosen a cell */
  #first = null;
  /** @type {number | null} the token that has been scrolled into view */
  #seen = null;
  /** @type {AbortController | null} */
  #presence = null;
  #width = 0;
  #watched = new ResizeObserver(() => this.#bringIntoView());

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#presence = new AbortController();
    const { signal } = this.#presence;
    const again = () => this.value && this.inspection && this.draw(this.value, this.inspection);
    onSchemeChange(again, signal);
    this.#watched.observe(this);
    signal.addEventListener("abort", () => this.#watched.disconnect());
    this.#isOfFinal.addEventListener("change", again, { signal });
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#presence?.abort();
  }

  /** @override */
  get want() {
    return this.#first === null ? super.want : { ...super.want, first: this.#first };
  }

  /**
   * @override
   * @param {Value} value
   * @param {Inspection} inspection
   */
  draw(value, inspection) {
    const key = this.contains(document.activeElement)
      ? document.activeElement?.getAttribute("data-key")
      : null;
    const scrolled = this.querySelector(".lens-scroll")?.scrollLeft;
    const scroll = make("div", { class: "lens-scroll" }, this.#table(value, inspection));
    const label = make("label", { for: this.#id }, " colour: how likely the final answer already is");
    const choice = make("p", { class: "lens-choice" }, this.#isOfFinal, label);
    const n_layer = value.tokens.length - 1;
    const caption = make(
      "p",
      { class: "view-caption" },
      `The best next token after each of ${n_layer} blocks`,
    );
    this.body.replaceChildren(caption, scroll, this.#readout, choice);
    if (!this.#isPointed) this.#readout.textContent = hint(value);
    scroll.scrollLeft = scrolled ?? 0;
    this.#bringIntoView();
    if (key) /** @type {HTMLElement | null} */ (this.querySelector(`[data-key="${key}"]`))?.focus();
  }

  /** Scrolls to the column that is looked at, once for each token and width: a closed sheet has none yet. */
  #bringIntoView() {
    const scroll = this.querySelector(".lens-scroll");
    const column = /** @type {HTMLElement | null} */ (this.querySelector(".lens-looked"));
    const token = this.inspection?.focus.token ?? null;
    if (!scroll?.clientWidth || !column) return;
    if (token === this.#seen && scroll.clientWidth === this.#width) return;
    [this.#seen, this.#width] = [token, scroll.clientWidth];
    const names = /** @type {HTMLElement} */ (this.querySelector("tbody th")).offsetWidth;
    const isHidden =
      column.offsetLeft < scroll.scrollLeft + names ||
      column.offsetLeft + column.offsetWidth > scroll.scrollLeft + scroll.clientWidth;
    if (isHidden) scroll.scrollLeft = column.offsetLeft - scroll.clientWidth / 2;
  }

  get #isPointed() {
    return this.querySelector(".lens-cell:is(:hover, :focus-visible)") !== null;
  }

  /**
   * @param {Value} value
   * @param {Inspection} inspection
   */
  #table(value, { focus, pieces }) {
    const heads = [...value.positions.data].map((position) =>
      make(
        "th",
        { scope: "col", title: `token ${position}`, class: position === focus.token ? "lens-looked" : null },
        make("code", {}, visible(pieces[position])),
      ),
    );
    const shares = this.#isOfFinal.checked ? value.final : value.probabilities;
    const scale = colourScale("sequential", 0, 1);
    const rows = value.tokens.map((tokens, i) => {
      const cells = tokens.map((token, j) =>
        this.#cell(value, i, j, token, scale(rowOf(shares, i)[j]), focus),
      );
      const name = i === 0 ? "start" : `block ${i - 1}`;
      return make("tr", {}, make("th", { scope: "row" }, name), ...cells);
    });
    return make(
      "table",
      { class: "lens", "aria-label": "The best next token after each block" },
      make("thead", {}, make("tr", {}, make("td", {}), ...heads)),
      make("tbody", {}, ...rows),
    );
  }

  /**
   * @param {Value} value
   * @param {number} i  0: the embeddings
   * @param {number} j
   * @param {string} token
   * @param {[number, number, number]} colour
   * @param {import("../engine.js").Focus} focus
   */
  #cell(value, i, j, token, colour, { layer, token: looked }) {
    const position = value.positions.data[j];
    const isLooked = position === looked && i === layer + 1;
    const says = reading(value, i, j);
    const cell = make(
      "button",
      {
        type: "button",
        class: "lens-cell",
        "data-key": `${i}-${position}`,
        "aria-label": says,
        "aria-pressed": String(isLooked),
        tabindex: isLooked ? 0 : -1,
      },
      visible(token),
    );
    cell.style.background = `rgb(${colour.join(" ")})`;
    cell.style.color = inkOn(colour);
    const read = () => {
      this.#readout.textContent = says;
    };
    cell.addEventListener("pointerenter", read);
    cell.addEventListener("focus", read);
    cell.addEventListener("keydown", (event) => this.#walk(event, i, j));
    cell.addEventListener("click", () => {
      this.#first = value.positions.data[0];
      views.look(i === 0 ? { token: position } : { token: position, layer: i - 1 });
    });
    return make("td", {}, cell);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} i
   * @param {number} j
   */
  #walk(event, i, j) {
    const way = WAYS[/** @type {keyof typeof WAYS} */ (event.key)];
    if (!way) return;
    event.preventDefault();
    const row = this.querySelectorAll("tbody tr")[i + way[0]];
    /** @type {HTMLElement | undefined} */ (row?.querySelectorAll(".lens-cell")[j + way[1]])?.focus();
  }
}

/**
 * What one cell says, in words.
 *
 * @param {Value} value
 * @param {number} i
 * @param {number} j
 */
function reading({ tokens, probabilities, final, positions }, i, j) {
  const last = tokens[tokens.length - 1][j];
  const where = i === 0 ? "before the first block" : `after block ${i - 1}`;
  const best = `“${visible(tokens[i][j])}” ${percent(rowOf(probabilities, i)[j])}`;
  return `token ${positions.data[j]}, ${where}: ${best}; the final “${visible(last)}” ${percent(rowOf(final, i)[j])}`;
}

/** @param {Value} value */
function hint({ positions, n_tokens }) {
  const { data } = positions;
  if (data.length === n_tokens) return "Point at a cell to read it; choose it to look there.";
  const last = data[data.length - 1];
  return `Tokens ${data[0]} to ${last}; the text has 0 to ${n_tokens - 1}. Look at another one to move there.`;
}

customElements.define("view-logit-lens", ViewLogitLens);
