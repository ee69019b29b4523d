// @ts-check
import { dataTable, scroller } from "./data-table.js";
import { make } from "./dom.js";
import { visible } from "./text.js";

/**
 * A table of text that scrolls within a box of its own. In each row the first cell is its heading.
 *
 * @param {object} parts
 * @param {string} parts.label  what it shows, for those who do not see it
 * @param {string[]} parts.heads
 * @param {(string | Node)[][]} parts.rows
 * @param {(string | Node)[]} [parts.caption]
 * @param {number[]} [parts.numeric]  the columns of numbers
 */
export function textTable({ label, ...parts }) {
  return scroller(label, dataTable({ ...parts, kind: "ruled" }));
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
