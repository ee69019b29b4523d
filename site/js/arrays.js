// @ts-check
/**
 * Arrays as they come from Python: numbers in a row, and the shape that they have there.
 *
 * @typedef {Float32Array | Int32Array} Data
 * @typedef {{shape: number[], dtype: "float32" | "int32", data: Data}} NDArray
 */

/**
 * One row of a matrix, without copying.
 *
 * @param {NDArray} matrix
 * @param {number} i
 * @returns {Data}
 */
export function row({ shape, data }, i) {
  const n = shape[shape.length - 1];
  return data.subarray(i * n, (i + 1) * n);
}

/**
 * Array `i` along the first axis, without copying.
 *
 * @param {NDArray} array
 * @param {number} i
 * @returns {NDArray}
 */
export function part({ shape, dtype, data }, i) {
  const [, ...inner] = shape;
  const n = inner.reduce((product, length) => product * length, 1);
  return { shape: inner, dtype, data: data.subarray(i * n, (i + 1) * n) };
}

/** @param {number} value  as a reader can take it in: "0.0312", "−1.7", "3.1e−7" */
export function short(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  if (Number.isInteger(value)) return value.toLocaleString("en").replace("-", "−");
  const size = Math.abs(value);
  const text = size < 1e-3 || size >= 1e5 ? value.toExponential(1) : value.toPrecision(3);
  return text.replaceAll("-", "−");
}

/**
 * Arrays again where JSON has lists in their place.
 *
 * @param {any} value
 * @returns {any}
 */
export function decode(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(decode);
  if (Array.isArray(value.data) && Array.isArray(value.shape)) {
    const data =
      value.dtype === "int32" ? Int32Array.from(value.data) : Float32Array.from(value.data, Number);
    return { ...value, data };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}
