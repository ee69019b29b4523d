// @ts-check
/**
 * What an edit came to: how the next token's probabilities have moved, and what the model as it came and the edited one
 * write, token by token, with what each of the two thinks of every token.
 *
 * @typedef {import("../edits.js").Moved} Moved
 * @typedef {import("../edits.js").Outcome} Outcome
 * @typedef {import("../edits.js").SidedToken} SidedToken
 */
import { short } from "../arrays.js";
import { dataTable, scroller } from "./data-table.js";
import { make } from "./dom.js";
import { percent, visible } from "./text.js";

const TITLES = { original: "As it came", edited: "Edited" };

export class BeforeAfter {
  #moved = make("div", { class: "edit-moved" });
  #sides = { original: new Side("original"), edited: new Side("edited") };
  #note = make("p", { class: "view-hint" });
  element = make(
    "div",
    { class: "edit-outcome", hidden: true },
    this.#note,
    make("div", { class: "edit-sides" }, this.#sides.original.element, this.#sides.edited.element),
    this.#moved,
  );
  /** @type {Moved | null} */
  #shown = null;

  /** @param {Outcome | null} outcome  of this editor's text */
  show(outcome) {
    this.element.hidden = !outcome?.moved;
    if (!outcome?.moved) return;
    const { greedy, seed, n_tokens } = outcome.settings;
    this.#note.textContent = `At most ${n_tokens} tokens, ${greedy ? "greedy" : `both with the seed ${seed}`}.`;
    for (const side of Object.values(this.#sides)) side.show(outcome);
    if (this.#shown !== outcome.moved) {
      this.#shown = outcome.moved;
      this.#moved.replaceChildren(movedTable("The next token after the prompt", outcome.moved));
    }
  }
}

class Side {
  /** @param {"original" | "edited"} name */
  constructor(name) {
    this.name = name;
    this.prompt = make("span", { class: "edit-prompt" });
    this.text = make("span", { "data-side": name });
    const heads = ["token", TITLES.original.toLowerCase(), TITLES.edited.toLowerCase()];
    const table = dataTable({ heads, rows: [], numeric: [1, 2] });
    this.rows = /** @type {HTMLElement} */ (table.querySelector("tbody"));
    const label = `${TITLES[name]}: the probability of each token`;
    this.element = make(
      "section",
      { class: "edit-side" },
      make("p", { class: "edit-side-title" }, TITLES[name]),
      make("p", { class: "edit-text", dir: "auto" }, this.prompt, this.text),
      scroller(label, table),
    );
    /** @type {Outcome | null} */
    this.shown = null;
  }

  /** @param {Outcome} outcome */
  show(outcome) {
    if (this.shown !== outcome) {
      this.shown = outcome;
      const { prompt } = outcome;
      this.prompt.textContent = typeof prompt === "string" ? prompt : prompt.map((id) => `⟨${id}⟩`).join("");
      this.text.replaceChildren();
      this.rows.replaceChildren();
    }
    const tokens = outcome.tokens.filter(({ side }) => side === this.name);
    for (const token of tokens.slice(this.rows.childElementCount)) {
      this.text.append(make("span", { "data-id": token.id }, token.text));
      this.rows.append(row(token));
    }
  }
}

/** @param {SidedToken} token */
function row({ text, side, probability, other }) {
  const both = side === "original" ? [probability, other] : [other, probability];
  const name = make("th", { scope: "row" }, make("code", {}, visible(text)));
  return make("tr", {}, name, ...both.map((p) => make("td", { class: "view-number" }, percent(p))));
}

/**
 * The likeliest next tokens before and after a change.
 *
 * @param {string} title
 * @param {Moved} moved
 */
export function movedTable(title, { texts, before, after, donor, largest }) {
  const rows = texts.map((text, i) => {
    const shares = [before[i], after[i], ...(donor ? [donor[i]] : [])];
    return [make("code", {}, visible(text)), ...shares.map(percent)];
  });
  return dataTable({
    caption: [`${title}: the largest change of a logit is ${short(largest)}.`],
    heads: ["token", "before", "after", ...(donor ? ["the first text’s own"] : [])],
    rows,
    numeric: [1, 2, 3],
  });
}
