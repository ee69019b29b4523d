// @ts-check
/**
 * The matrix product that `picogpt.sgemm` calls, compiled from site/wasm/sgemm.c: a WebAssembly module of its own
 * that shares Python's memory, so that it finds NumPy's arrays where they lie.
 *
 * @typedef {"relaxed" | "simd128"} Kind  with or without fused multiply-add
 * @typedef {(batch: number, m: number, n: number, k: number,
 *   x: number, xBatch: number, xRow: number,
 *   w: number, wBatch: number, wK: number, wN: number,
 *   b: number, y: number, scratch: number) => void} Multiply  see sgemm.c; x, w, b, y and scratch are addresses
 */

/** @type {Kind[]} */
const BEST_FIRST = ["relaxed", "simd128"];
const FLOAT_BYTES = 4;

/**
 * The best module that this browser can run. Whether it can, the module itself tells: one with instructions that a
 * browser does not know is not valid there.
 *
 * @param {URL} folder  where the modules are
 * @returns {Promise<{kind: Kind, module: WebAssembly.Module} | undefined>}  nothing where there is no SIMD
 */
export async function compileSgemm(folder) {
  for (const kind of BEST_FIRST) {
    const response = await fetch(new URL(`sgemm-${kind}.wasm`, folder));
    if (!response.ok) continue;
    const bytes = await response.arrayBuffer();
    if (WebAssembly.validate(bytes)) return { kind, module: await WebAssembly.compile(bytes) };
  }
  return undefined;
}

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory  Python's
 * @returns {Multiply}  throws a RangeError rather than touch anything outside of it
 */
export function bindSgemm(module, memory) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const sgemm = /** @type {Multiply} */ (exports.sgemm);
  return (batch, m, n, k, x, xBatch, xRow, w, wBatch, wK, wN, b, y, scratch) => {
    const end = memory.buffer.byteLength; // asked each time: Python's memory grows
    check(end, "x", x, span(batch, xBatch) + span(m, xRow) + span(k, 1));
    check(end, "w", w, span(batch, wBatch) + span(k, wK) + span(n, wN));
    check(end, "b", b, b === 0 ? 0 : span(n, 1));
    check(end, "y", y, span(batch * m * n, 1));
    check(end, "scratch", scratch, span(4 * k, 1));
    sgemm(batch, m, n, k, x, xBatch, xRow, w, wBatch, wK, wN, b, y, scratch);
  };
}

/**
 * From the first of `count` floats to the last; NaN, which no check lets pass, unless both are whole numbers.
 *
 * @param {number} count
 * @param {number} distance
 */
function span(count, distance) {
  const isPlain = Number.isInteger(count) && count > 0 && Number.isInteger(distance) && distance >= 0;
  return isPlain ? (count - 1) * distance : Number.NaN;
}

/**
 * @param {number} end  of memory, in bytes
 * @param {string} name
 * @param {number} address
 * @param {number} last  where the last float lies, in floats from the first
 */
function check(end, name, address, last) {
  if (Number.isInteger(address) && address >= 0 && address + (last + 1) * FLOAT_BYTES <= end) return;
  throw new RangeError(
    `sgemm: ${name} (${last + 1} floats from byte ${address}) is not in memory (${end} bytes)`,
  );
}
