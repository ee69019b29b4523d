// @ts-check
/**
 * What is needed of a file, as one sequence of bytes: its spans one after the other. What the store has of it comes
 * from there, the rest from the source, which the store then keeps.
 *
 * @typedef {[number, number]} Span  [begin, end] in the file
 * @typedef {import("./sources.js").Source} Source
 * @typedef {import("./store.js").Entry} Entry
 * @typedef {{bytes: Uint8Array, begin: number, isStored: boolean}} Piece  begin: in the file
 */
export const PIECE_BYTES = 4 << 20;

/** @param {Span[]} spans */
export function lengthOf(spans) {
  return spans.reduce((sum, [begin, end]) => sum + end - begin, 0);
}

/**
 * Memory for pieces, used again and again: what is left to the garbage collector is seldom collected in time, and
 * hundreds of megabytes of used-up pieces would double a page's memory.
 */
export class Pool {
  /** @type {ArrayBuffer[]} */
  #free = [];

  take() {
    return new Uint8Array(this.#free.pop() ?? new ArrayBuffer(PIECE_BYTES));
  }

  /** @param {ArrayBuffer} buffer  that nobody looks at any more */
  give(buffer) {
    if (buffer.byteLength === PIECE_BYTES) this.#free.push(buffer);
  }
}

/**
 * What the store has of the spans.
 *
 * @param {Span[]} spans
 * @param {Entry} entry
 * @param {() => Uint8Array} memory  for one piece
 * @returns {Generator<Piece, void, void>}
 */
export function* storedPieces(spans, entry, memory) {
  let before = 0;
  for (const [begin, end] of spans) {
    let at = begin;
    while (at < end && before + at - begin < entry.held) {
      const bytes = entry.read(before + at - begin, Math.min(PIECE_BYTES, end - at), memory());
      const { length } = bytes; // none once it is transferred
      yield { bytes, begin: at, isStored: true };
      at += length;
    }
    before += end - begin;
  }
}

/**
 * All pieces in the file's order; none crosses from one span into the next.
 *
 * @param {Span[]} spans
 * @param {Source} source
 * @param {Entry | null} entry
 * @param {Pool} pool
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Piece, void, void>}
 */
export async function* piecesOf(spans, source, entry, pool, signal) {
  let held = 0;
  if (entry) {
    for (const piece of storedPieces(spans, entry, () => pool.take())) {
      signal?.throwIfAborted();
      held += piece.bytes.length;
      yield piece;
    }
  }
  for (const [begin, end] of spans) {
    const at = begin + Math.min(held, end - begin);
    held -= at - begin;
    if (at < end) yield* gathered(at, source.read(at, end, signal), pool);
  }
}

/**
 * A stream's chunks, which are of any size, as pieces of one size.
 *
 * @param {number} begin  in the file
 * @param {AsyncIterable<Uint8Array>} chunks
 * @param {Pool} pool
 */
async function* gathered(begin, chunks, pool) {
  let memory = pool.take();
  let n = 0;
  const piece = () => {
    const made = { bytes: memory.subarray(0, n), begin, isStored: false };
    begin += n;
    n = 0;
    return made;
  };
  try {
    for await (let chunk of chunks) {
      while (chunk.length > 0) {
        const part = chunk.subarray(0, PIECE_BYTES - n);
        memory.set(part, n);
        n += part.length;
        chunk = chunk.subarray(part.length);
        if (n < PIECE_BYTES) continue;
        yield piece();
        memory = pool.take();
      }
    }
  } catch (error) {
    if (n > 0) yield piece(); // what has arrived before a failure is to be kept
    throw error;
  }
  if (n > 0) yield piece();
}
