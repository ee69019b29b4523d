// @ts-check
/** The code of a function as it runs in the edited model, in the place of what the page has printed: what is new is marked. */
import { make } from "./dom.js";

export class EditedCode {
  #says = make("p", { class: "edit-says" });
  #code = make("code");
  #scroll = make("pre", { tabindex: "0", role: "region", "aria-label": "Edited code" }, this.#code);
  element = make("div", { class: "edit-now", hidden: true }, this.#says, this.#scroll);
  #shown = "";

  /**
   * @param {string | null} text  as it runs now; null: as printed
   * @param {string} printed
   * @param {string} source  the edits that brought it along, where it is none of its own
   */
  show(text, printed, source) {
    const key = JSON.stringify([text, source]);
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.hidden = text === null;
    if (text === null) return;
    const by = source ? `, by the edit of ${source}` : "";
    const what = text ? "this is what runs in the model now" : "it is not in the model now";
    this.#says.replaceChildren(make("strong", {}, "Edited"), `${by}: ${what}. New lines are marked.`);
    this.#code.replaceChildren(...marked(text, new Set(printed.split("\n"))));
    const first = this.#code.querySelector("mark");
    if (first) this.#scroll.scrollTop = first.offsetTop - this.#scroll.clientHeight / 2; // in a long file
  }
}

/**
 * A text line by line; those that the printed code does not have are marked.
 *
 * @param {string} text
 * @param {Set<string>} printed  lines
 */
function marked(text, printed) {
  return text.split("\n").flatMap((line, i, { length }) => {
    const end = i < length - 1 ? "\n" : "";
    return printed.has(line) ? [line + end] : [make("mark", {}, line), end];
  });
}
