// @ts-check
/**
 * The numbers of a matrix as a table, for those who do not see its colours or want the digits: at most 64 × 96 of
 * them, which a browser can lay out at once; of a larger matrix, the part around one place.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 */
import { row as rowOf, short } from "../arrays.js";
import { captioned } from "./data-table.js";

const MOST_ROWS = 64;
const MOST_COLUMNS = 96;

/**
 * @param {{label: string, table: NDArray, rows: string[], columns: string[]}} matrix
 * @param {{row: number, column: number}} at  a place that the part shall have
 */
export function matrixNumbers({ label, table, rows, columns }, at) {
  const down = stretch(rows.length, MOST_ROWS, at.row);
  const across = stretch(columns.length, MOST_COLUMNS, at.column);
  const lines = down.map((row) => {
    const values = rowOf(table, row);
    return [rows[row], ...across.map((column) => short(values[column]))];
  });
  const parts = [...partOf("rows", down, rows.length), ...partOf("columns", across, columns.length)];
  const heads = ["", ...across.map((column) => columns[column])];
  return captioned(label, [label, ...parts].join("; "), { heads, rows: lines });
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
