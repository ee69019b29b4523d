// @ts-check
/**
 * <view-split-heads>: queries, keys and values of the head that is looked at, a row for each token.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 */
import { make } from "./dom.js";
import { heatMap } from "./heat-map.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";

const NAMES = /** @type {const} */ ({ q: "queries", k: "keys", v: "values" });

export class ViewSplitHeads extends LiveView {
  /**
   * @override
   * @param {{positions: NDArray, q: NDArray, k: NDArray, v: NDArray}} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw(value, { focus, pieces }) {
    const positions = [...value.positions.data];
    const rows = positions.map((i) => visible(pieces[i]));
    const columns = Array.from({ length: value.q.shape[1] }, (_, i) => String(i));
    const maps = /** @type {("q" | "k" | "v")[]} */ (["q", "k", "v"]).map((name) => {
      const label = `${name}: ${NAMES[name]} of layer ${focus.layer}, head ${focus.head}`;
      const shape = `${pieces.length} × ${columns.length}`;
      const head = make(
        "p",
        { class: "view-array-head" },
        make("code", {}, name),
        ` ${NAMES[name]} · ${shape}`,
      );
      const options = { label, table: value[name], rows, columns, markedRow: positions.indexOf(focus.token) };
      return make(
        "section",
        { class: "view-array" },
        head,
        heatMap({ ...options, names: "rows", rowHeight: 14 }),
      );
    });
    this.body.replaceChildren(...maps, excerpt(positions, pieces.length));
  }
}

/**
 * Which part of a long text is shown.
 *
 * @param {number[]} positions  in a row
 * @param {number} n
 */
export function excerpt(positions, n) {
  const last = positions[positions.length - 1];
  const text = `Shown: tokens ${positions[0]} to ${last} of ${n.toLocaleString("en")}, around the one you look at.`;
  return make("p", { class: "view-hint", hidden: positions.length === n }, text);
}

customElements.define("view-split-heads", ViewSplitHeads);
