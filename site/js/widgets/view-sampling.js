// @ts-check
/**
 * <view-sampling n="12">: the likeliest next tokens before and after each setting of the prompt box, a column of bars for
 * each, and the token that is drawn.
 *
 * @typedef {{name: string, probabilities: import("../arrays.js").NDArray, rest: number, n_left: number}} Stage
 * @typedef {{ids: number[], tokens: string[], drawn: number, rank: number, n_vocab: number, stages: Stage[]}} Value
 */
import { dataTable, scroller } from "./data-table.js";
import { make } from "./dom.js";
import { SampledView } from "./sampled-view.js";
import { percent, visible } from "./text.js";

export class ViewSampling extends SampledView {
  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ ids, tokens, drawn, rank, n_vocab, stages }, { focus, pieces }) {
    const most = Math.max(...stages.flatMap(({ probabilities }) => [...probabilities.data]));
    const rows = ids.map((id, i) => {
      const name = make("th", { scope: "row" }, make("code", {}, visible(tokens[i])));
      if (id === drawn) name.append(make("span", { class: "sampling-drawn" }, " drawn"));
      const cells = stages.map(({ probabilities }) => bar(probabilities.data[i], most));
      return make("tr", { class: id === drawn ? "sampling-drawn-row" : null }, name, ...cells);
    });
    const others = make("th", { scope: "row" }, "all others");
    const rest = make("tr", { class: "view-bar-rest" }, others, ...stages.map(({ rest }) => bar(rest, 1)));
    const left = ["tokens left", ...stages.map(({ n_left }) => n_left.toLocaleString("en"))];
    const place = rank === 1 ? "the likeliest" : `number ${rank.toLocaleString("en")} by probability`;
    const caption = make(
      "p",
      { class: "view-caption" },
      "After ",
      make("code", {}, visible(pieces[focus.token])),
    );
    const token = visible(tokens[ids.indexOf(drawn)]);
    caption.append(" comes ", make("code", {}, token), `, ${place} of ${n_vocab.toLocaleString("en")}`);
    const table = dataTable({
      heads: ["token", ...stages.map(({ name }) => name)],
      rows: [...rows, rest, left],
      kind: "view-sampling",
    });
    this.body.replaceChildren(caption, scroller("The distribution before and after each setting", table));
  }
}

/**
 * @param {number} share  from 0 to 1; 0: the token is cut off
 * @param {number} most   what the longest bar stands for
 */
function bar(share, most) {
  if (share === 0) return make("td", { class: "sampling-cut" }, "cut");
  const fill = make("span", { class: "sampling-bar", "aria-hidden": "true" });
  fill.style.inlineSize = `${(100 * share) / most}%`;
  return make("td", {}, make("span", {}, percent(share)), make("span", { class: "sampling-track" }, fill));
}

customElements.define("view-sampling", ViewSampling);
