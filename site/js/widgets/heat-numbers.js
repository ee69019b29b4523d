// @ts-check
/**
 * The numbers of a matrix as a table, for those who do not see its colours or want the digits: at most 64 × 96 of
 * them, which a browser can lay out at once; of a larger matrix, the part around one place.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 */
import { row as rowOf, short } from "../arrays.js";
import { make } from "./dom.js";

const MOST_ROWS = 64;
const MOST_COLUMNS = 96;

/**
 * @param {{label: string, table: NDArray, rows: string[], columns: string[]}} matrix
 * @param {{row: number, column: number}} at  a place that the part shall have
 */
export function numbersTable({ label, table, rows, columns }, at) {
  const down = stretch(rows.length, MOST_ROWS, at.row);
  const across = stretch(columns.length, MOST_COLUMNS, at.column);
  const head = across.map((column) => make("th", { scope: "col" }, columns[column]));
  const body = down.map((row) => {
    const values = rowOf(table, row);
    const cells = across.map((column) => make("td", {}, short(values[column])));
    return make("tr", {}, make("th", { scope: "row" }, rows[row]), ...cells);
  });
  const parts = [...partOf("rows", down, rows.length), ...partOf("columns", across, columns.length)];
  const caption = make("caption", {}, [label, ...parts].join("; "));
  const numbers = make(
    "table",
    {},
    caption,
    make("thead", {}, make("tr", {}, make("td", {}), ...head)),
    make("tbody", {}, ...body),
  );
  return make("div", { class: "heat-scroll", tabindex: 0, role: "region", "aria-label": label }, numbers);
}

/**
 * At most `most` of the numbers 0 … n-1 in a row, with `at` in the middle where there is room.
 *
 * @param {number} n
 * @param {number} most
 * @param {number} at
 */
export function stretch(n, most, at) {
  const first = Math.max(0, Math.min(at - Math.floor(most / 2), n - most));
  return Array.from({ length: Math.min(n, most) }, (_, i) => first + i);
}

/**
 * @param {string} name
 * @param {number[]} shown
 * @param {number} n
 */
function partOf(name, shown, n) {
  if (shown.length === n) return [];
  return [`${name} ${shown[0]} to ${shown[shown.length - 1]} of ${n.toLocaleString("en")}`];
}
