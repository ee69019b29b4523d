// @ts-check
/**
 * What the model thought of a token: its probability, the five likeliest alternatives as bars, and what is left for
 * all others, so that the rows add up to 100 %.
 *
 * @typedef {import("../run.js").Token} Token
 * @typedef {import("./token-rows.js").Row} Row
 */
import { make, uniqueId } from "./dom.js";
import { percent, visible } from "./text.js";
import { rowsOf } from "./token-rows.js";

const MARGIN = 8; // px between the tooltip and its token, and the frame's edges

export class TokenTooltip {
  element = make("div", { class: "pb-tooltip", role: "tooltip", id: uniqueId("pb-tooltip"), hidden: true });
  /** @type {HTMLElement | null} the token it belongs to */
  anchor = null;

  /**
   * @param {HTMLElement} anchor
   * @param {Token} token
   */
  show(anchor, token) {
    if (this.anchor === anchor) return;
    this.hide();
    this.anchor = anchor;
    anchor.setAttribute("aria-describedby", this.element.id);
    this.element.replaceChildren(...contents(token));
    this.element.hidden = false;
    this.#place(anchor);
  }

  /**
   * Stays with its token when the text is scrolled, as long as that can be seen.
   *
   * @param {HTMLElement} scroller
   */
  follow(scroller) {
    if (!this.anchor) return;
    const [frame, target] = [scroller, this.anchor].map((element) => element.getBoundingClientRect());
    if (target.bottom < frame.top || target.top > frame.bottom) this.hide();
    else this.#place(this.anchor);
  }

  hide() {
    this.anchor?.removeAttribute("aria-describedby");
    this.anchor = null;
    this.element.hidden = true;
  }

  /**
   * Under the token, or above it where there is no room; always inside the box's width.
   *
   * @param {HTMLElement} anchor
   */
  #place(anchor) {
    const frame = /** @type {HTMLElement} */ (
      this.element.offsetParent ?? document.body
    ).getBoundingClientRect();
    // A token that is broken over two lines has two rectangles: the last one is where reading goes on.
    const rects = anchor.getClientRects();
    const target = rects[rects.length - 1] ?? anchor.getBoundingClientRect();
    const { width, height } = this.element.getBoundingClientRect();
    const fitsBelow = target.bottom + MARGIN + height <= document.documentElement.clientHeight;
    const top = fitsBelow ? target.bottom + MARGIN : target.top - MARGIN - height;
    const center = (target.left + target.right) / 2;
    const left = Math.min(Math.max(center - width / 2, frame.left + MARGIN), frame.right - width - MARGIN);
    this.element.style.insetBlockStart = `${top - frame.top}px`;
    this.element.style.insetInlineStart = "auto";
    this.element.style.left = `${left - frame.left}px`;
  }
}

/** @param {Token} token */
function contents(token) {
  const head = make(
    "div",
    { class: "pb-tooltip-head" },
    make("span", { class: "pb-tooltip-text", dir: "auto" }, visible(token.text)),
    make("strong", {}, percent(token.probability)),
    make("span", { class: "pb-tooltip-id" }, `token ${token.id}`),
  );
  const rows = rowsOf(token);
  const widest = Math.max(...rows.map(({ id, probability }) => (id === null ? 0 : probability)));
  const list = make("ul", { class: "pb-bars" }, ...rows.map((row) => bar(row, widest)));
  if (token.text !== "") return [head, list];
  const note = "This token ends inside a character, which the next one completes.";
  return [head, make("p", { class: "pb-tooltip-note" }, note), list];
}

/**
 * @param {Row} row
 * @param {number} widest  the probability that fills the width
 */
function bar({ id, text, probability, isChosen }, widest) {
  // All others together are no bar: beside that one the five would be hard to tell apart.
  const track = make("span", id === null ? {} : { class: "pb-bar" });
  track.style.setProperty("--share", String(widest > 0 ? probability / widest : 0));
  const label = id === null ? text : visible(text);
  const name = make("span", { class: "pb-bar-text", dir: "auto" }, label);
  const kind = isChosen ? "chosen" : id === null ? "rest" : null;
  return make(
    "li",
    { "data-id": id, "data-kind": kind },
    name,
    track,
    make("span", {}, percent(probability)),
  );
}
