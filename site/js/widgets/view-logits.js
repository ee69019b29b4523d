// @ts-check
/**
 * <view-logits n="5">: the last vector of a token, and its way to a probability: its product with the vectors of the best
 * tokens, number by number, the sum, which is the logit, and the softmax. A row of the table shows its numbers.
 *
 * @typedef {import("./vector-strips.js").Vector} Vector
 * @typedef {{id: number, token: string, row: Vector, products: Vector, logit: number, exp: number,
 *   probability: number}} Match
 * @typedef {{x: Vector, tokens: Match[], sum: number, n_vocab: number, is_tied: boolean}} Value
 * @typedef {import("../engine.js").Inspection} Inspection
 */
import { short } from "../arrays.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";
import "./vector-strips.js";

export class ViewLogits extends LiveView {
  #strips = /** @type {import("./vector-strips.js").VectorStrips} */ (
    document.createElement("vector-strips")
  );
  #table = make("div", {
    class: "view-scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "The best matches",
  });
  #chosen = 0; // which of the tokens, the best being 0

  /**
   * @override
   * @param {Value} value
   * @param {Inspection} inspection
   */
  draw(value, inspection) {
    const isFocused = this.#table.contains(document.activeElement?.closest("button") ?? null);
    this.#chosen = Math.min(this.#chosen, value.tokens.length - 1);
    if (!this.#strips.isConnected) this.body.replaceChildren(this.#table, this.#strips);
    this.#table.replaceChildren(this.#write(value, inspection));
    if (isFocused) /** @type {HTMLElement} */ (this.#table.querySelector("[aria-pressed=true]")).focus();
    this.#show(value);
  }

  /**
   * @param {Value} value
   * @param {Inspection} inspection
   */
  #write({ tokens, sum, n_vocab }, { focus, pieces }) {
    const caption = make("caption", {}, "After ", make("code", {}, visible(pieces[focus.token])));
    const heads = ["token", "logit", "e to the logit − highest", "probability"];
    const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
    const rows = tokens.map((match, i) => this.#row(match, i));
    const all = `sum over all ${n_vocab.toLocaleString("en")} tokens`;
    rows.push(make("tr", { class: "logits-sum" }, ...[all, "", short(sum), "100 %"].map(numberCell)));
    return make(
      "table",
      { class: "view-logits" },
      caption,
      make("thead", {}, head),
      make("tbody", {}, ...rows),
    );
  }

  /**
   * @param {Match} match
   * @param {number} i
   */
  #row({ token, logit, exp, probability }, i) {
    const button = make(
      "button",
      { type: "button", class: "view-chip", "aria-pressed": String(i === this.#chosen) },
      visible(token),
    );
    button.addEventListener("click", () => {
      this.#chosen = i;
      if (this.inspection) this.draw(this.value, this.inspection);
    });
    const numbers = [short(logit), short(exp), percent(probability)];
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, button),
      ...numbers.map((text) => numberCell(text, 1)),
    );
  }

  /** @param {Value} value */
  #show({ x, tokens, is_tied }) {
    const { row, products, token, id, logit } = tokens[this.#chosen];
    const matrix = is_tied ? "wte" : "lm_head";
    const at = (/** @type {Vector} */ vector, /** @type {number} */ i) => short(vector.values.data[i]);
    this.#strips.show({
      strips: [
        { name: "x", note: "after the last layer norm", vector: x },
        { name: `${matrix}[${id}]`, note: `the row of ${visible(token)}`, vector: row },
        { name: `x * ${matrix}[${id}]`, note: `adds up to ${short(logit)}, the logit`, vector: products },
      ],
      read: (i) => `${at(x, i)} × ${at(row, i)} = ${at(products, i)}`,
    });
  }
}

/**
 * @param {string} text
 * @param {number} i  0: the row's name
 */
function numberCell(text, i) {
  return i === 0 ? make("th", { scope: "row" }, text) : make("td", { class: "view-number" }, text);
}

customElements.define("view-logits", ViewLogits);
