// @ts-check
/**
 * A matrix as an image, one pixel a number. What is masked, or no finite number, stays transparent: the style sheet
 * hatches the ground behind it.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {import("../colour-scale.js").ScaleKind} ScaleKind
 * @typedef {(row: number, column: number) => boolean} Masked
 * @typedef {{kind: ScaleKind, min: number, max: number, scale: (value: number) => number[]}} Colours
 */
import { colourScale } from "../colour-scale.js";

/**
 * The colours that suit an array: those of both signs if it has negative numbers.
 *
 * @param {NDArray} table
 * @param {ScaleKind} [wanted]
 * @param {[number, number]} [range]
 * @returns {Colours}
 */
export function coloursFor({ data }, wanted, range) {
  const [min, max] = range ?? rangeOf(data);
  const kind = wanted ?? (min < 0 ? "diverging" : "sequential");
  const most = Math.max(Math.abs(min), Math.abs(max));
  const ends = kind === "diverging" ? { min: -most, max: most } : { min: Math.min(0, min), max };
  return { kind, ...ends, scale: colourScale(kind, min, max) };
}

/**
 * The least and the greatest finite number, and 0 between them.
 *
 * @param {ArrayLike<number>} data
 * @returns {[number, number]}
 */
export function rangeOf(data) {
  let min = 0;
  let max = 0;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) continue;
    if (data[i] < min) min = data[i];
    if (data[i] > max) max = data[i];
  }
  return [min, max];
}

/**
 * What a causal mask hides of attention weights: keys after the query, of weight 0. Where an edit has taken the mask away,
 * they have weights like all others.
 *
 * @param {NDArray} weights  [queries, keys]
 * @returns {Masked}
 */
export function maskedFuture({ shape, data }) {
  return (query, key) => key > query && data[query * shape[1] + key] === 0;
}

/**
 * Returns whether anything was left out.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {NDArray} table  [rows, columns]
 * @param {Colours} colours
 * @param {Masked} [isMasked]
 */
export function paint(canvas, { shape, data }, { scale }, isMasked) {
  const [n_rows, n_columns] = shape;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  Object.assign(canvas, { width: n_columns, height: n_rows });
  const image = context.createImageData(Math.max(1, n_columns), Math.max(1, n_rows));
  let hasGaps = false;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]) || isMasked?.(Math.floor(i / n_columns), i % n_columns)) {
      hasGaps = true;
      continue;
    }
    const [red, green, blue] = scale(data[i]);
    image.data[4 * i] = red;
    image.data[4 * i + 1] = green;
    image.data[4 * i + 2] = blue;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return hasGaps;
}
