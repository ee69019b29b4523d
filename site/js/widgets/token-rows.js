// @ts-check
/**
 * @typedef {import("../run.js").Token} Token
 * @typedef {{id: number | null, text: string, probability: number, isChosen: boolean}} Row  id null: all others
 */

/**
 * A token among its alternatives: the likeliest, the token itself if it is not one of them, and the rest of the
 * vocabulary, so that the rows add up to 1.
 *
 * @param {Token} token
 * @returns {Row[]}
 */
export function rowsOf({ id, text, probability, alternatives }) {
  /** @type {Row[]} */
  const rows = alternatives.map((alternative) => ({ ...alternative, isChosen: alternative.id === id }));
  if (!rows.some(({ isChosen }) => isChosen)) rows.push({ id, text, probability, isChosen: true });
  const rest = 1 - rows.reduce((sum, row) => sum + row.probability, 0);
  rows.push({ id: null, text: "all others", probability: Math.max(0, rest), isChosen: false });
  return rows;
}
