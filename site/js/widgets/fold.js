// @ts-check
const ASPECT = 12; // about this many times as wide as high, whatever the number of channels

/**
 * How a vector of `n` numbers is folded into lines of equal length.
 *
 * @param {number} n
 */
export function fold(n) {
  const rows = Math.max(1, Math.round(Math.sqrt(n / ASPECT)));
  return { rows, columns: Math.ceil(n / rows) };
}
