// @ts-check
/**
 * <view-shots n="3" most="5">: the last line of the prompt, after none, one, two … of the lines before it, and what the
 * model would say next: a row a run.
 *
 * @typedef {{n_before: number, n_tokens: number, tokens: string[],
 *   probabilities: import("../arrays.js").NDArray}} Run
 */
import { dataTable } from "./data-table.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";

export class ViewShots extends LiveView {
  /**
   * @override
   * @param {{runs: Run[]}} value
   */
  draw({ runs }) {
    const table = dataTable({
      caption: ["The last line of your prompt, and what may follow it"],
      heads: ["lines before it", "tokens read", "the likeliest next tokens"],
      rows: runs.map(row),
      kind: "ruled shots",
    });
    this.body.replaceChildren(table);
    if (runs.length > 1) return;
    this.body.append(
      make(
        "p",
        { class: "view-hint" },
        "A prompt of several lines has more rows: one for each number of lines.",
      ),
    );
  }
}

/** @param {Run} run */
function row({ n_before, n_tokens, tokens, probabilities }) {
  const guesses = tokens.flatMap((token, i) => [
    make(
      "span",
      { class: "shots-guess" },
      make("code", {}, visible(token)),
      ` ${percent(probabilities.data[i])}`,
    ),
    " ",
  ]);
  return [String(n_before), String(n_tokens), make("span", {}, ...guesses)];
}

customElements.define("view-shots", ViewShots);
