// @ts-check
/**
 * <view-draw n="8">: the way from 0 to 1 with a piece for every token that is left, the random number that falls on one of
 * them, and what other seeds draw.
 *
 * @typedef {{id: number, token: string, begin: number, end: number}} Piece
 * @typedef {{is_greedy: true, drawn: number, token: string}} Greedy
 * @typedef {{is_greedy: false, number: number, seed: number, is_set: boolean, drawn: number, token: string,
 *   pieces: Piece[], seeds: {seed: number, id: number, token: string}[]}} Drawn
 * @typedef {Greedy | Drawn} Value
 */
import { make } from "./dom.js";
import { SampledView } from "./sampled-view.js";
import { visible } from "./text.js";
import { textTable } from "./text-table.js";

export class ViewDraw extends SampledView {
  /**
   * @override
   * @param {Value} value
   */
  draw(value) {
    const token = make("code", {}, visible(value.token));
    if (value.is_greedy) {
      const words = ["Greedy: no number is drawn, ", token, " is the likeliest token."];
      this.body.replaceChildren(make("p", { class: "view-caption" }, ...words));
      return;
    }
    const of = value.is_set ? `Seed ${value.seed}` : `No seed is set, so this is seed ${value.seed}`;
    const caption = make("p", { class: "view-caption" }, `${of}: `);
    caption.append(make("strong", {}, value.number.toFixed(6)), " falls on the piece of ", token, ".");
    this.body.replaceChildren(caption, way(value), pieces(value), seeds(value));
  }
}

/** @param {Drawn} value */
function way({ pieces, drawn, number }) {
  const line = make("div", { class: "draw-way", "aria-hidden": "true" });
  for (const { id, token, begin, end } of pieces) {
    const piece = make("span", { class: id === drawn ? "draw-piece draw-drawn" : "draw-piece" });
    piece.style.insetInlineStart = `${100 * begin}%`;
    piece.style.inlineSize = `${100 * (end - begin)}%`;
    if (end - begin > 0.08) piece.textContent = visible(token);
    line.append(piece);
  }
  const mark = make("span", { class: "draw-mark" });
  mark.style.insetInlineStart = `${100 * number}%`;
  line.append(mark);
  return line;
}

/** @param {Drawn} value */
function pieces({ pieces, drawn }) {
  const rows = pieces.map(({ id, token, begin, end }) => [
    make("code", {}, visible(token)),
    String(id),
    begin.toFixed(6),
    end.toFixed(6),
    id === drawn ? "drawn" : "",
  ]);
  return textTable({ label: "The longest pieces", heads: ["token", "id", "from", "to", ""], rows });
}

/** @param {Drawn} value */
function seeds({ seeds }) {
  const words = make("p", { class: "view-caption" }, "The first draw of other seeds: ");
  seeds.forEach(({ seed, token }, i) => {
    words.append(i ? ", " : "", `${seed} `, make("code", {}, visible(token)));
  });
  return words;
}

customElements.define("view-draw", ViewDraw);
