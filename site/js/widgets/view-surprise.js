// @ts-check
/**
 * <view-surprise>: the prompt's tokens, and under each the probability that the model gave it before it came. A click looks
 * at the place before the token, where that was the question.
 *
 * @typedef {{probabilities: import("../arrays.js").NDArray, losses: import("../arrays.js").NDArray, n_likelier: number[], likeliest: string[],
 *   loss: number, blind_loss: number, n_vocab: number}} Value
 * @typedef {import("../engine.js").Inspection} Inspection
 */
import { short } from "../arrays.js";
import { views } from "../views.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { keepingFocus, roving } from "./roving.js";
import { percent, visible } from "./text.js";
import { textTable } from "./text-table.js";

export class ViewSurprise extends LiveView {
  #isOpen = false;

  /**
   * @override
   * @param {Value} value
   * @param {Inspection} inspection
   */
  draw(value, { pieces, focus }) {
    if (value.n_likelier.length === 0) {
      const text = "A text of one token has nothing that could be foretold. Type some more.";
      this.body.replaceChildren(make("p", {}, text));
      return;
    }
    const label = "Tokens with the probability that each had";
    const row = make("div", { class: "view-strip surprise-strip", role: "group", "aria-label": label });
    const looked = Math.min(focus.token + 1, pieces.length - 1);
    row.append(...pieces.map((piece, i) => chip(piece, i, value, i === looked)));
    roving(row, ".surprise-token");
    const mean = `Mean surprise: ${short(value.loss)} nats a token. `;
    const guess = `Knowing nothing, with 1 in ${value.n_vocab.toLocaleString("en")} for each, it would be ${short(value.blind_loss)}.`;
    const numbers = this.#numbers(value, pieces);
    keepingFocus(this.body, () => [row, make("p", { class: "view-hint" }, mean + guess), numbers]);
  }

  /**
   * @param {Value} value
   * @param {string[]} pieces
   */
  #numbers(value, pieces) {
    const rows = value.n_likelier.map((n, i) => [
      make("code", {}, visible(pieces[i + 1])),
      percent(value.probabilities.data[i]),
      short(value.losses.data[i]),
      (n + 1).toLocaleString("en"),
      make("code", {}, visible(value.likeliest[i])),
    ]);
    const heads = ["token", "probability", "loss, nats", "place", "the likeliest was"];
    const table = textTable({ label: "What the model foresaw", heads, rows });
    const summary = make("summary", { "data-key": "numbers" }, "The numbers as a table");
    const details = make("details", { class: "heat-numbers", open: this.#isOpen }, summary, table);
    details.addEventListener("toggle", () => {
      this.#isOpen = details.open;
    });
    return details;
  }
}

/**
 * @param {string} piece
 * @param {number} i
 * @param {Value} value
 * @param {boolean} isLooked
 */
function chip(piece, i, { probabilities, n_likelier }, isLooked) {
  if (i === 0) return make("span", { class: "surprise-first" }, visible(piece));
  const probability = probabilities.data[i - 1];
  const fill = make("span", { class: "surprise-fill" });
  fill.style.inlineSize = `${100 * probability}%`;
  const label = `${visible(piece)}: ${percent(probability)}, place ${n_likelier[i - 1] + 1}`;
  const button = make(
    "button",
    {
      type: "button",
      class: "view-chip surprise-token",
      "data-key": i,
      title: label,
      "aria-label": label,
      "aria-pressed": String(isLooked),
      tabindex: isLooked ? 0 : -1,
    },
    visible(piece),
    make("span", { class: "surprise-bar", "aria-hidden": "true" }, fill),
  );
  button.addEventListener("click", () => views.look({ token: i - 1 }));
  return button;
}

customElements.define("view-surprise", ViewSurprise);
