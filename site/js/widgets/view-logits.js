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
import { dataTable, scroller } from "./data-table.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";
import "./vector-strips.js";

export class ViewLogits extends LiveView {
  #strips = /** @type {import("./vector-strips.js").VectorStrips} */ (
    document.createElement("vector-strips")
  );
  #table = scroller("The best matches");
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
    const all = `all ${n_vocab.toLocaleString("en")} together`;
    return dataTable({
      caption: ["After ", make("code", {}, visible(pieces[focus.token]))],
      heads: ["token", "logit", "e to the logit − highest", "probability"],
      rows: [...tokens.map((match, i) => this.#row(match, i)), [all, "", short(sum), "100 %"]],
      kind: "view-logits",
      numeric: [1, 2, 3],
    });
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
    return [button, short(logit), short(exp), percent(probability)];
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

customElements.define("view-logits", ViewLogits);
