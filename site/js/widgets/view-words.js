// @ts-check
/**
 * <view-words>: the prompt cut into words, each with its tokens and their ids. A click looks at a word's first token.
 *
 * @typedef {{word: string, begin: number, ids: number[], pieces: string[]}} Word
 * @typedef {{words: Word[], word: number, n_characters: number, n_bytes: number, n_tokens: number}} Value
 */
import { views } from "../views.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { keepingFocus, roving } from "./roving.js";
import { count, visible } from "./text.js";

export class ViewWords extends LiveView {
  /**
   * @override
   * @param {Value} value
   */
  draw({ words, word, n_characters, n_bytes, n_tokens }) {
    const label = "Words of the prompt";
    const row = make("div", { class: "view-words-row", role: "group", "aria-label": label });
    row.append(...words.map((one, i) => wordButton(one, i === word)));
    roving(row, ".view-word");
    const facts = [
      count(n_characters, "character"),
      count(n_bytes, "byte"),
      count(words.length, "word"),
      count(n_tokens, "token"),
    ];
    const summary = words.length
      ? facts.join(" · ")
      : "The box is empty: there is nothing to cut, and the model gets the one token <|endoftext|>.";
    keepingFocus(this.body, () => [make("p", { class: "view-hint" }, summary), row]);
  }
}

/**
 * @param {Word} word
 * @param {boolean} isLooked
 */
function wordButton({ begin, ids, pieces }, isLooked) {
  const tokens = pieces.map((piece, i) =>
    make(
      "span",
      { class: "view-word-token" },
      make("span", {}, visible(piece)),
      make("span", { class: "view-word-id" }, String(ids[i])),
    ),
  );
  const button = make(
    "button",
    {
      type: "button",
      class: "view-word",
      "data-key": begin,
      "aria-pressed": String(isLooked),
      tabindex: isLooked ? 0 : -1,
    },
    ...tokens,
  );
  button.addEventListener("click", () => views.look({ token: begin }));
  return button;
}

customElements.define("view-words", ViewWords);
