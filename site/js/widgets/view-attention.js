// @ts-check
/**
 * <view-attention n="8">: the weighted sum for the token that is looked at: values times their weights, row by row, and
 * what they add up to.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{positions: NDArray, weights: NDArray, parts: NDArray, others: NDArray, n_others: number,
 *   result: NDArray}} Value
 */
import { make } from "./dom.js";
import { heatMap } from "./heat-map.js";
import { LiveView } from "./live-view.js";
import { count, percent, visible } from "./text.js";

export class ViewAttention extends LiveView {
  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ positions, weights, parts, others, n_others, result }, { focus, pieces }) {
    const rows = [...positions.data].map((at, i) => `${percent(weights.data[i])} of ${visible(pieces[at])}`);
    const arrays = [parts, result];
    if (n_others) {
      rows.push(count(n_others, "other"));
      arrays.splice(1, 0, others);
    }
    rows.push("sum");
    const n_columns = result.shape[0];
    const data = new Float32Array(rows.length * n_columns);
    arrays.reduce((at, array) => {
      data.set(array.data, at);
      return at + array.data.length;
    }, 0);
    const caption = make("p", { class: "view-caption" }, "Weights times values, for ");
    caption.append(make("code", {}, visible(pieces[focus.token])), ": the last row is their sum.");
    const map = heatMap({
      label: `Weighted values of layer ${focus.layer}, head ${focus.head}, and their sum`,
      table: { shape: [rows.length, n_columns], dtype: "float32", data },
      rows,
      columns: Array.from({ length: n_columns }, (_, i) => String(i)),
      names: "rows",
      rowHeight: 16,
      markedRow: rows.length - 1,
    });
    this.body.replaceChildren(caption, map);
  }
}

customElements.define("view-attention", ViewAttention);
