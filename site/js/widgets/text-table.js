// @ts-check
import { make } from "./dom.js";
import { visible } from "./text.js";

/**
 * A table of text that scrolls within a box of its own, by keyboard too. In each row the first cell is its heading.
 *
 * @param {object} parts
 * @param {string} parts.label  what it shows, for those who do not see it
 * @param {string[]} parts.heads
 * @param {(string | Node)[][]} parts.rows
 * @param {HTMLTableCaptionElement} [parts.caption]
 */
export function textTable({ label, heads, rows, caption }) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...others]) =>
    make("tr", {}, make("th", { scope: "row" }, first), ...others.map((cell) => make("td", {}, cell))),
  );
  const parts = [make("thead", {}, head), make("tbody", {}, ...body)];
  const table = make("table", { class: "view-table" }, ...(caption ? [caption] : []), ...parts);
  return make("div", { class: "view-scroll", tabindex: 0, role: "region", "aria-label": label }, table);
}

/**
 * Tokens one beside the other.
 *
 * @param {string[]} pieces
 */
export function tokens(pieces) {
  const row = make("span", {});
  pieces.forEach((piece, i) => {
    row.append(...(i > 0 ? [" "] : []), make("code", {}, visible(piece)));
  });
  return row;
}
