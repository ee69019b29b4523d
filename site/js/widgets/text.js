// @ts-check
/** How numbers and tokens read. */

const VISIBLE = new Map([
  [" ", "␣"],
  ["\n", "↵"],
  ["\r", "␍"],
  ["\t", "⇥"],
  ["\u00a0", "⍽"],
]);

/**
 * A token's text with its spaces, line ends and control characters made visible.
 *
 * @param {string} text
 */
export function visible(text) {
  if (text === "") return "∅";
  return text.replace(
    /[\s\p{Cc}\p{Cf}]/gu,
    (char) => VISIBLE.get(char) ?? `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
}

/**
 * A probability in per cent: "12.3 %", "0.04 %", "<0.01 %".
 *
 * @param {number} probability
 */
export function percent(probability) {
  const value = probability * 100;
  if (value > 0 && value < 0.01) return "<0.01 %";
  return `${value.toFixed(value < 1 ? 2 : 1)} %`;
}

/**
 * "5.1 of 12.3 MB", in millions of bytes.
 *
 * @param {number} loaded
 * @param {number} total
 */
export function megabytes(loaded, total) {
  return `${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
}

/**
 * "1 token", "1,024 tokens".
 *
 * @param {number} n
 * @param {string} noun
 */
export function count(n, noun) {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

/**
 * "3.2 million", "124 million": for a model's size.
 *
 * @param {number} n
 */
export function compact(n) {
  const style = { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 3 };
  return new Intl.NumberFormat("en", /** @type {Intl.NumberFormatOptions} */ (style)).format(n);
}

/**
 * "498 MB", "1.42 GB".
 *
 * @param {number} bytes
 */
export function size(bytes) {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/**
 * "40 s", "3 min", "1 h 20 min".
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
