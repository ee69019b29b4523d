// @ts-check
/**
 * <view-merges n="24">: how the word that is looked at became tokens. Each step shows the parts that the word consists of,
 * between two parts the rank of the merge that would join them, and the lowest rank, which is the one that happens.
 *
 * @typedef {{pieces: string[], ids: number[], ranks: number[], at: number, first: number, n_parts: number}} Step
 * @typedef {{word: string, number: number, n_words: number, previous: number, next: number,
 *   steps: Step[], n_merges: number, end: Step}} Value
 */
import { views } from "../views.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { keepingFocus } from "./roving.js";
import { count, visible } from "./text.js";

export class ViewMerges extends LiveView {
  /**
   * @override
   * @param {Value} value
   */
  draw(value) {
    keepingFocus(this.body, () => [head(value), ...(value.n_words ? [list(value)] : [])]);
  }
}

/** @param {Value} value */
function head({ word, number, n_words, previous, next }) {
  if (!n_words) return make("p", {}, "The box is empty, and there is nothing to merge.");
  const name = make("p", {}, `Word ${number + 1} of ${n_words.toLocaleString("en")}: `);
  name.append(make("code", {}, visible(word.length > 40 ? `${word.slice(0, 40)}…` : word)));
  const turns = make("span", { class: "merge-turns" });
  turns.append(turn("‹", "Previous word", previous), turn("›", "Next word", next));
  return make("div", { class: "merge-head" }, name, turns);
}

/**
 * @param {string} sign
 * @param {string} label
 * @param {number} token  -1: there is none
 */
function turn(sign, label, token) {
  const attributes = { type: "button", "aria-label": label, "data-key": label, disabled: token < 0 };
  const button = make("button", attributes, sign);
  button.addEventListener("click", () => views.look({ token }));
  return button;
}

/** @param {Value} value */
function list({ steps, n_merges, end }) {
  const items = steps.map((step) => make("li", {}, parts(step), what(step)));
  const left = n_merges - steps.length;
  if (left > 0) items.push(make("li", { class: "view-hint" }, `… and ${count(left, "merge")} more`));
  const n = end.n_parts;
  const why = n > 1 ? "No two neighbours can be merged" : n_merges ? "One part is left" : "A single byte";
  const ids = end.ids.length === n ? `, ${n > 1 ? "ids" : "id"} ${end.ids.join(", ")}` : "";
  const result = make("p", { class: "merge-what" }, `${why}: ${count(n, "token")}${ids}`);
  items.push(make("li", { class: "merge-end" }, parts(end), result));
  return make("ol", { class: "merge-steps" }, ...items);
}

/** @param {Step} step */
function parts({ pieces, ranks, at, first, n_parts }) {
  const row = make("p", { class: "merge-parts" });
  if (first > 0) row.append(`${first.toLocaleString("en")} before … `);
  pieces.forEach((piece, i) => {
    const isChosen = at >= 0 && (i === at || i === at + 1);
    row.append(make("span", { class: isChosen ? "merge-part merge-chosen" : "merge-part" }, visible(piece)));
    if (i < ranks.length) row.append(gap(ranks[i], i === at));
  });
  const after = n_parts - first - pieces.length;
  if (after > 0) row.append(` … ${after.toLocaleString("en")} after`);
  return row;
}

/**
 * @param {number} rank
 * @param {boolean} isChosen
 */
function gap(rank, isChosen) {
  const title = rank < 0 ? "no merge joins these two" : `merge ${rank} would join these two`;
  const text = rank < 0 ? "·" : rank.toLocaleString("en");
  return make("span", { class: isChosen ? "merge-rank merge-chosen" : "merge-rank", title }, text);
}

/** @param {Step} step */
function what({ pieces, ranks, at }) {
  const [left, right] = [pieces[at], pieces[at + 1]].map((piece) => make("code", {}, visible(piece)));
  return make(
    "p",
    { class: "merge-what" },
    `Lowest rank: ${ranks[at].toLocaleString("en")}. `,
    left,
    " and ",
    right,
    ` become id ${(256 + ranks[at]).toLocaleString("en")}.`,
  );
}

customElements.define("view-merges", ViewMerges);
