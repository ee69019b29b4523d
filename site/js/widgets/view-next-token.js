// @ts-check
/**
 * <view-next-token n="10">: the likeliest next tokens as bars, and what all the others have together.
 *
 * @typedef {{tokens: string[], ids: number[], probabilities: import("../arrays.js").NDArray, rest: number,
 *   n_vocab: number}} Value
 */
import { barCell, dataTable } from "./data-table.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";

export class ViewNextToken extends LiveView {
  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ tokens, ids, probabilities, rest, n_vocab }, inspection) {
    const after = visible(inspection.pieces[inspection.focus.token]);
    const rows = tokens.map((token, i) => {
      const share = probabilities.data[i];
      return [make("code", {}, visible(token)), String(ids[i]), barCell(share, percent(share))];
    });
    const others = make("th", { scope: "row", colspan: 2 });
    others.append(`all ${(n_vocab - tokens.length).toLocaleString("en")} others`);
    const last = make("tr", { class: "view-bar-rest" }, others, barCell(rest, percent(rest)));
    const table = dataTable({
      caption: ["What may follow ", make("code", {}, after)],
      heads: ["token", "id", "probability"],
      rows: [...rows, last],
      kind: "bars",
      numeric: [1],
    });
    this.body.replaceChildren(table);
  }
}

customElements.define("view-next-token", ViewNextToken);
