// @ts-check
/**
 * <view-utf8>: the characters of the word that is looked at, their bytes in UTF-8, and what these are in the vocabulary.
 *
 * @typedef {{character: string, code: string, bytes: string[], letters: string[], ids: number[]}} Character
 * @typedef {{word: string, characters: Character[], left_out: number}} Value
 */
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { count, visible } from "./text.js";
import { textTable } from "./text-table.js";

const HEADS = ["character", "code point", "bytes", "ids", "in files"];

export class ViewUtf8 extends LiveView {
  /**
   * @override
   * @param {Value} value
   */
  draw({ word, characters, left_out }) {
    const caption = ["The word ", make("code", {}, visible(word.slice(0, 40)))];
    const label = "Characters and their bytes";
    this.body.replaceChildren(textTable({ label, heads: HEADS, rows: characters.map(row), caption }));
    const more = `… and ${count(left_out, "character")} more`;
    if (left_out > 0) this.body.append(make("p", { class: "view-hint" }, more));
  }
}

/** @param {Character} character */
function row({ character, code, bytes, letters, ids }) {
  return [
    make("code", {}, visible(character)),
    code,
    bytes.join(" "),
    ids.join(" "),
    make("code", {}, letters.join("")),
  ];
}

customElements.define("view-utf8", ViewUtf8);
