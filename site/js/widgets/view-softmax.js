// @ts-check
/**
 * <view-softmax n="20">: one row of the attention weights on its way: the score of the token that is looked at with each
 * token, the mask, and the weight, with a line from the one to the other as wide as the weight.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{positions: NDArray, scores: NDArray, mask: NDArray, weights: NDArray, rest: number, n_rest: number}} Value
 */
import { short } from "../arrays.js";
import { attentionArcs } from "./attention-arcs.js";
import { barCell, dataTable, scroller } from "./data-table.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { count, percent, visible } from "./text.js";

export class ViewSoftmax extends LiveView {
  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ positions, scores, mask, weights, rest, n_rest }, { focus, pieces }) {
    const places = [...positions.data];
    const followed = places.indexOf(focus.token);
    const rows = places.map((at, i) =>
      line(visible(pieces[at]), at, [short(scores.data[i]), short(mask.data[i])], weights.data[i], [
        i === followed && "attention-followed",
        at > focus.token && "attention-forbidden",
      ]),
    );
    const arcs = make("td", { class: "attention-arcs", rowspan: rows.length, "aria-hidden": "true" });
    arcs.append(attentionArcs([...weights.data], followed));
    rows[0].prepend(arcs);
    if (n_rest) rows.push(others(n_rest, rest));
    const n_later = pieces.length - 1 - places[places.length - 1];
    const where = `Layer ${focus.layer}, head ${focus.head}: where `;
    const table = dataTable({
      caption: [where, make("code", {}, visible(pieces[focus.token])), ` (token ${focus.token}) looks`],
      heads: ["", "token", "score", "mask", "weight"],
      rows,
      kind: "bars attention-row",
      numeric: [2, 3],
    });
    this.body.replaceChildren(scroller("One row of the attention weights", table));
    if (n_later > 0)
      this.body.append(
        make("p", { class: "view-hint" }, `${count(n_later, "later token")} more, masked like these.`),
      );
  }
}

/**
 * @param {string} name
 * @param {number} at
 * @param {string[]} numbers
 * @param {number} weight
 * @param {(string | false)[]} classes
 */
function line(name, at, numbers, weight, classes) {
  const token = make(
    "th",
    { scope: "row" },
    make("code", {}, name),
    " ",
    make("span", { class: "attention-place" }, String(at)),
  );
  const cells = numbers.map((number) => make("td", { class: "view-number" }, number));
  return make(
    "tr",
    { class: classes.filter(Boolean).join(" ") || null },
    token,
    ...cells,
    weightCell(weight),
  );
}

/**
 * @param {number} n
 * @param {number} weight
 */
function others(n, weight) {
  const name = make("th", { scope: "row", colspan: 4 }, count(n, "weaker one"));
  return make("tr", { class: "view-bar-rest" }, name, weightCell(weight));
}

/** @param {number} weight */
const weightCell = (weight) => barCell(weight, weight === 0 ? "0" : percent(weight));

customElements.define("view-softmax", ViewSoftmax);
