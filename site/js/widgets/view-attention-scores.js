// @ts-check
/**
 * <view-attention-scores>: every query times every key, and what the mask leaves of that.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 */
import { make } from "./dom.js";
import { heatMap } from "./heat-map.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";
import { excerpt } from "./view-split-heads.js";

export class ViewAttentionScores extends LiveView {
  /**
   * @override
   * @param {{positions: NDArray, scores: NDArray, masked: NDArray}} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ positions, scores, masked }, { focus, pieces }) {
    const places = [...positions.data];
    const names = places.map((i) => visible(pieces[i]));
    const shared = { rows: names, columns: names, markedRow: places.indexOf(focus.token) };
    const show = (/** @type {string} */ label, /** @type {NDArray} */ table) =>
      make(
        "section",
        { class: "view-array" },
        make("p", { class: "view-array-head" }, make("code", {}, label)),
        heatMap({ ...shared, label, table, names: "both", scale: "diverging" }),
      );
    this.body.replaceChildren(
      show("attention_scores", scores),
      show("attention_scores + causal_mask", masked),
      excerpt(places, pieces.length),
    );
  }
}

customElements.define("view-attention-scores", ViewAttentionScores);
