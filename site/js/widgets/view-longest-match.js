// @ts-check
/**
 * <view-longest-match of="…">: words that the longest entry first, from the left, would cut otherwise than byte-pair
 * encoding does. Of the prompt, or of the text `of`.
 *
 * @typedef {{word: string, merged: string[], greedy: string[], merged_ids: number[], greedy_ids: number[]}} Word
 * @typedef {{words: Word[], n_different: number, n_words: number, n_tokens: {merged: number, greedy: number}}} Value
 */
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { count } from "./text.js";
import { textTable, tokens } from "./text-table.js";

export class ViewLongestMatch extends LiveView {
  /**
   * @override
   * @param {Value} value
   */
  draw({ words, n_different, n_words, n_tokens }) {
    const whose = this.hasAttribute("of") ? "this text" : "your prompt";
    const sums = `${count(n_tokens.merged, "token")} by merging, ${n_tokens.greedy.toLocaleString("en")} by the longest match`;
    const summary = n_different
      ? `${n_different} of the ${count(n_words, "word")} of ${whose} would be cut otherwise; ${sums}.`
      : `No word of ${whose} would be cut otherwise; ${sums}.`;
    this.body.replaceChildren(make("p", { class: "view-hint" }, summary));
    if (!words.length) return;
    const label = "Words cut in two ways";
    const rows = words.map(({ merged, greedy }) => [tokens(merged), tokens(greedy)]);
    this.body.append(textTable({ label, heads: ["merged", "longest match"], rows }));
  }
}

customElements.define("view-longest-match", ViewLongestMatch);
