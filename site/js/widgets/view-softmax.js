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
    const names = ["", "token", "score", "mask", "weight"];
    const head = make(
      "tr",
      {},
      ...names.map((name) => (name ? make("th", { scope: "col" }, name) : make("td"))),
    );
    const caption = make(
      "caption",
      {},
      `Layer ${focus.layer}, head ${focus.head}: where `,
      make("code", {}, visible(pieces[focus.token])),
      ` (token ${focus.token}) looks`,
    );
    const table = make("table", { class: "view-bars attention-row" }, caption);
    table.append(make("thead", {}, head), make("tbody", {}, ...rows));
    this.body.replaceChildren(make("div", { class: "attention-row-scroll" }, table));
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
  return make("tr", { class: classes.filter(Boolean).join(" ") || null }, token, ...cells, bar(weight));
}

/**
 * @param {number} n
 * @param {number} weight
 */
function others(n, weight) {
  const name = make("th", { scope: "row", colspan: 4 }, count(n, "weaker one"));
  return make("tr", { class: "view-bar-rest" }, name, bar(weight));
}

/** @param {number} weight */
function bar(weight) {
  const fill = make("span", { class: "view-bar-fill", "aria-hidden": "true" });
  fill.style.inlineSize = `${100 * weight}%`;
  return make("td", { class: "view-bar" }, fill, make("span", {}, weight === 0 ? "0" : percent(weight)));
}

customElements.define("view-softmax", ViewSoftmax);
