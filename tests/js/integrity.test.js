// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { lengthOf, PIECE_BYTES, Pool, piecesOf, storedPieces } from "../../site/js/loader/content.js";
import { hashPieces, triangle, WholeFileHash, withMasks } from "../../site/js/loader/integrity.js";
import { Sha256 } from "../../site/js/loader/sha256.js";
import { Rate } from "../../site/js/rate.js";

/** @param {Uint8Array} bytes */
const expected = (bytes) => createHash("sha256").update(bytes).digest("hex");

test("sha256 equals the platform's for every length around a block's, however it is cut", () => {
  for (let n = 0; n <= 200; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => i * 7 + n);
    for (const cut of [0, 1, Math.floor(n / 2), n]) {
      const hash = new Sha256().update(bytes.subarray(0, cut)).update(bytes.subarray(cut));
      assert.equal(hash.hex(), expected(bytes), `${n} bytes cut at ${cut}`);
    }
  }
});

test("sha256 of the standard's example", () => {
  const bytes = new TextEncoder().encode("abc");
  const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(new Sha256().update(bytes).hex(), digest);
});

test("a mask is a lower triangle of ones", () => {
  const one = [0, 0, 128, 63];
  const zero = [0, 0, 0, 0];
  assert.deepEqual([...triangle(3)], [one, zero, zero, one, one, zero, one, one, one].flat());
});

/** A file of two stretches of numbers around two masks. */
const MASK = triangle(16);
const PARTS = [new Uint8Array(500).fill(7), MASK, new Uint8Array(3).fill(9), MASK];
const FILE = new Uint8Array(Buffer.concat(PARTS));
/** @type {[number, number][]} */
const SPANS = [
  [0, 500],
  [500 + MASK.length, 503 + MASK.length],
];
/** @type {[number, number, number][]} */
const MASKS = [
  [500, 500 + MASK.length, 16],
  [503 + MASK.length, FILE.length, 16],
];
const pieces = () => SPANS.map(([begin, end]) => ({ bytes: FILE.slice(begin, end), begin, isStored: true }));

test("the whole file's hash follows without its masks", async () => {
  const hash = await hashPieces(new WholeFileHash(FILE.length, MASKS), pieces(), () => {});
  assert.equal(hash, expected(FILE));
});

test("what was left out and is no mask leaves the hash unknown", async () => {
  assert.equal(await hashPieces(new WholeFileHash(FILE.length, MASKS.slice(1)), pieces(), () => {}), null);
});

const source = {
  host: "hub.test",
  bytes: FILE.length,
  asked: 0,
  /** @param {number} begin @param {number} end */
  async *read(begin, end) {
    source.asked += end - begin;
    if (end > begin) yield FILE.slice(begin, end);
  },
  close() {},
};

test("with the masks fetched, the whole file's hash is that of its own bytes", async () => {
  source.asked = 0;
  async function* held() {
    yield* pieces();
  }
  const all = withMasks(held(), source, FILE.length);
  assert.equal(await hashPieces(new WholeFileHash(FILE.length, []), all, () => {}), expected(FILE));
  assert.equal(source.asked, 2 * MASK.length);
});

/** @param {number} held  bytes of the spans */
function entryOf(held) {
  const content = Buffer.concat(SPANS.map(([begin, end]) => FILE.subarray(begin, end))).subarray(0, held);
  /** @param {number} begin @param {number} length @param {Uint8Array} memory */
  const read = (begin, length, memory) => {
    const bytes = memory.subarray(0, Math.min(length, held - begin));
    bytes.set(content.subarray(begin, begin + bytes.length));
    return bytes;
  };
  return /** @type {any} */ ({ held, read });
}

test("what is stored is not fetched, wherever the store stops", async () => {
  for (const held of [0, 1, 499, 500, 501, 503]) {
    const seen = [];
    let fetched = 0;
    for await (const { bytes, begin, isStored } of piecesOf(SPANS, source, entryOf(held), new Pool())) {
      if (!isStored) fetched += bytes.length;
      assert.deepEqual(bytes, FILE.subarray(begin, begin + bytes.length), `${held} held, byte ${begin}`);
      seen.push(...bytes);
    }
    assert.equal(seen.length, lengthOf(SPANS));
    assert.equal(fetched, lengthOf(SPANS) - held);
  }
});

test("what has arrived before a failure is given out before the failure", async () => {
  const failing = {
    ...source,
    /** @param {number} begin */
    async *read(begin) {
      yield FILE.slice(begin, begin + 100);
      throw new TypeError("network error");
    },
  };
  let n = 0;
  await assert.rejects(async () => {
    for await (const { bytes } of piecesOf(SPANS, failing, null, new Pool())) n += bytes.length;
  }, /network error/);
  assert.equal(n, 100);
});

test("memory given back is used again, unless it is another size", () => {
  const pool = new Pool();
  const { buffer } = pool.take();
  assert.equal(buffer.byteLength, PIECE_BYTES);
  pool.give(new ArrayBuffer(5));
  pool.give(buffer);
  assert.equal(pool.take().buffer, buffer);
  assert.notEqual(pool.take().buffer, buffer);
});

test("stored pieces end where the store does", () => {
  const memory = new Uint8Array(PIECE_BYTES);
  const lengths = [...storedPieces(SPANS, entryOf(501), () => memory)].map(({ bytes }) => bytes.length);
  assert.deepEqual(lengths, [500, 1]);
});

test("a rate is that of the last seconds", () => {
  const rate = new Rate();
  assert.equal(rate.of(0, 0), 0);
  assert.equal(rate.of(100, 1000), 100);
  for (let s = 2; s <= 20; s++) rate.of(100, s * 1000);
  assert.equal(rate.of(600, 21_000), 100);
});
