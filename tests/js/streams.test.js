// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { drain } from "../../site/js/protocol.js";
import { reporting } from "../../site/js/streams.js";

test("reports are items, the result is the return value", async () => {
  /** @type {number[]} */
  const items = [];
  const stream = reporting(async (/** @type {(n: number) => void} */ report) => {
    for (const n of [1, 2, 3]) {
      report(n);
      await sleep(2);
    }
    return "done";
  });
  assert.equal(await drain(stream, (item) => items.push(item)), "done");
  assert.deepEqual(items, [1, 2, 3]);
});

test("of reports that pile up only the latest is given out", async () => {
  /** @type {number[]} */
  const items = [];
  const stream = reporting(async (/** @type {(n: number) => void} */ report) => {
    for (let n = 1; n <= 1000; n++) report(n);
  });
  await drain(stream, (item) => items.push(item));
  assert.deepEqual(items, [1000]);
});

test("a failure of the work is the stream's, after its last report", async () => {
  /** @type {number[]} */
  const items = [];
  const stream = reporting(async (/** @type {(n: number) => void} */ report) => {
    report(7);
    throw new RangeError("broken");
  });
  await assert.rejects(
    drain(stream, (item) => items.push(item)),
    /broken/,
  );
  assert.deepEqual(items, [7]);
});

test("a failure after the stream was left is nobody's", async () => {
  const stream = reporting(async (/** @type {(n: number) => void} */ report) => {
    report(1);
    await sleep(2);
    throw new Error("unheard");
  });
  for await (const _ of stream) break;
  await sleep(10); // an unhandled rejection would fail this file
});
