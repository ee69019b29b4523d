// @ts-check
/**
 * The sha256 of a whole file of which the causal masks were not fetched: their bytes are known, a lower triangle of
 * ones in float32. Should the hash differ, the masks are fetched too before the file is called wrong.
 *
 * @typedef {[number, number, number]} Mask  begin, end, n: an n × n triangle
 * @typedef {import("./content.js").Piece} Piece
 * @typedef {import("./sources.js").Source} Source
 */
import { macrotask } from "../protocol.js";
import { Sha256 } from "./sha256.js";

/** Bytes are added in the file's order; what is left out between them must be masks. */
export class WholeFileHash {
  #sha256 = new Sha256();
  #at = 0;
  #isKnown = true;

  /**
   * @param {number} n_bytes  of the whole file
   * @param {Mask[]} masks
   */
  constructor(n_bytes, masks) {
    this.n_bytes = n_bytes;
    this.masks = masks;
  }

  /** @param {Pick<Piece, "begin" | "bytes">} piece */
  add({ begin, bytes }) {
    this.#fill(begin);
    this.#sha256.update(bytes);
    this.#at = begin + bytes.length;
  }

  /** In hexadecimal; null where something was left out that is no mask. */
  hex() {
    this.#fill(this.n_bytes);
    return this.#isKnown ? this.#sha256.hex() : null;
  }

  /** @param {number} end */
  #fill(end) {
    while (this.#at < end && this.#isKnown) {
      const mask = this.masks.find(([begin]) => begin === this.#at);
      if (!mask || mask[1] > end) this.#isKnown = false;
      else {
        this.#sha256.update(triangle(mask[2]));
        this.#at = mask[1];
      }
    }
  }
}

/** @type {{n: number, bytes: Uint8Array} | null} masks are all alike: made once */
let lastTriangle = null;

/** @param {number} n */
export function triangle(n) {
  if (lastTriangle?.n === n) return lastTriangle.bytes;
  const numbers = new Float32Array(n * n);
  for (let row = 0; row < n; row++) numbers.fill(1, row * n, row * n + row + 1);
  lastTriangle = { n, bytes: new Uint8Array(numbers.buffer) };
  return lastTriangle.bytes;
}

/**
 * @param {WholeFileHash} hash
 * @param {AsyncIterable<Piece> | Iterable<Piece>} pieces
 * @param {(loaded: number) => void} onProgress
 * @param {AbortSignal} [signal]
 */
export async function hashPieces(hash, pieces, onProgress, signal) {
  let loaded = 0;
  for await (const piece of pieces) {
    hash.add(piece);
    loaded += piece.bytes.length;
    onProgress(loaded);
    await macrotask(); // hears a "cancel"
    signal?.throwIfAborted();
  }
  return hash.hex();
}

/**
 * All of the file, masks included: what is held comes from `pieces`, what lies between them from the source.
 *
 * @param {AsyncIterable<Piece>} pieces
 * @param {Source} source
 * @param {number} n_bytes
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Piece, void, void>}
 */
export async function* withMasks(pieces, source, n_bytes, signal) {
  let at = 0;
  async function* upTo(/** @type {number} */ end) {
    for await (const bytes of source.read(at, end, signal)) {
      yield { bytes, begin: at, isStored: false };
      at += bytes.length;
    }
  }
  for await (const piece of pieces) {
    yield* upTo(piece.begin);
    yield piece;
    at = piece.begin + piece.bytes.length;
  }
  yield* upTo(n_bytes);
}
