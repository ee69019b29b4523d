// @ts-check
/**
 * The tables of all views: made here, and given one look by css/tables.css.
 *
 * @typedef {string | Node} Content  of a cell; a cell of one's own (<td>, <th>) stands as it is
 *
 * @typedef {object} TableParts
 * @property {Content[]} [heads]    of the columns, the rows' names included
 * @property {(Content[] | HTMLTableRowElement)[]} rows  the first cell of each is its heading
 * @property {(string | Node)[]} [caption]
 * @property {string} [kind]        "bars", "ruled" or "plain-numbers" (see the style sheet), and classes of one's own
 * @property {number[]} [numeric]   the columns of numbers, which stand under one another
 */
import { make } from "./dom.js";

/** @param {TableParts} parts */
export function dataTable({ heads = [], rows, caption = [], kind = "", numeric = [] }) {
  const parts = [];
  if (caption.length) parts.push(make("caption", {}, ...caption));
  const style = (/** @type {number} */ i) => (numeric.includes(i) ? "view-number" : null);
  const head = heads.map((content, i) => cell(content, content === "" ? null : "col", style(i)));
  if (heads.length) parts.push(make("thead", {}, make("tr", {}, ...head)));
  const body = rows.map((row) => {
    if (row instanceof HTMLTableRowElement) return row;
    return make("tr", {}, ...row.map((content, i) => cell(content, i === 0 ? "row" : null, style(i))));
  });
  parts.push(make("tbody", {}, ...body));
  return make("table", { class: ["data-table", kind].filter(Boolean).join(" ") }, ...parts);
}

/**
 * @param {Content} content
 * @param {"row" | "col" | null} scope  of a heading
 * @param {string | null} style
 */
function cell(content, scope, style) {
  if (content instanceof HTMLTableCellElement) return content;
  return make(scope ? "th" : "td", { scope, class: style }, content);
}

/**
 * A box in which something too large scrolls, by keyboard too.
 *
 * @param {string} label  what it shows, for those who do not see it
 * @param {...Node} content
 */
export function scroller(label, ...content) {
  return make("div", { class: "view-scroll", tabindex: 0, role: "region", "aria-label": label }, ...content);
}

/**
 * A table of numbers that scrolls.
 *
 * @param {string} label
 * @param {Content[][]} rows
 * @param {string[]} heads
 */
export function numbersTable(label, rows, heads) {
  return captioned(label, label, { heads, rows });
}

/**
 * A caption above a table of numbers, not of it: it may be wider.
 *
 * @param {string} label
 * @param {string} caption
 * @param {TableParts} parts
 */
export function captioned(label, caption, parts) {
  const table = dataTable({ ...parts, kind: "plain-numbers" });
  table.setAttribute("aria-label", label);
  return scroller(label, make("p", { class: "view-caption" }, caption), table);
}

/**
 * A cell with a bar as long as a share, and what that is in words.
 *
 * @param {number} share  from 0 to 1
 * @param {string} text
 */
export function barCell(share, text) {
  const fill = make("span", { class: "view-bar-fill", "aria-hidden": "true" });
  fill.style.inlineSize = `${100 * Math.max(0, share)}%`;
  return make("td", { class: "view-bar" }, fill, make("span", {}, text));
}
