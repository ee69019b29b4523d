// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { arc } from "../../site/js/widgets/attention-arcs.js";
import { stretch } from "../../site/js/widgets/heat-numbers.js";
import { coloursFor, maskedFuture, rangeOf } from "../../site/js/widgets/heat-paint.js";

test("a table of numbers has the place that is looked at, and no more than fits", () => {
  assert.deepEqual(stretch(3, 64, 1), [0, 1, 2]);
  assert.deepEqual(stretch(100, 4, 50), [48, 49, 50, 51]);
  assert.deepEqual(stretch(100, 4, 0), [0, 1, 2, 3]);
  assert.deepEqual(stretch(100, 4, 99), [96, 97, 98, 99]);
  assert.deepEqual(stretch(0, 4, 0), []);
});

test("a range is of the finite numbers, of however many, and has 0", () => {
  assert.deepEqual(rangeOf([2, Number.NEGATIVE_INFINITY, 5, Number.NaN]), [0, 5]);
  assert.deepEqual(rangeOf([-3, -1]), [-3, 0]);
  const large = new Float32Array(1024 * 1024).fill(1);
  large[77] = -2;
  assert.deepEqual(rangeOf(large), [-2, 1]);
});

test("colours are of both signs where there are negative numbers, and even around 0", () => {
  const table = { shape: [1, 3], dtype: /** @type {const} */ ("float32"), data: Float32Array.of(-1, 0, 3) };
  const { kind, min, max, scale } = coloursFor(table);
  assert.deepEqual([kind, min, max], ["diverging", -3, 3]);
  const ground = scale(0);
  assert.ok(Math.max(...ground) - Math.min(...ground) <= 4, "0 has no hue");
  assert.equal(coloursFor(table, "sequential", [0, 1]).kind, "sequential");
});

test("a line runs from the middle of one row to the middle of another, farther out the longer it is", () => {
  const ends = (/** @type {string} */ path) => path.match(/[\d.-]+/g)?.map(Number) ?? [];
  const [x0, y0, reach, , , , x1, y1] = ends(arc(9, 2, 10));
  assert.deepEqual([x0, y0, x1, y1], [100, 9.5, 100, 2.5]);
  assert.ok(reach < ends(arc(9, 7, 10))[2]);
  assert.equal(arc(3, 3, 10), "M100 3.5H80");
});

test("of attention weights what a mask has hidden is left out, and nothing where there is no mask", () => {
  const masked = maskedFuture({ shape: [2, 2], dtype: "float32", data: new Float32Array([1, 0, 0, 1]) });
  assert.deepEqual([masked(0, 1), masked(1, 0), masked(1, 1)], [true, false, false]);
  const open = maskedFuture({ shape: [2, 2], dtype: "float32", data: new Float32Array([0.5, 0.5, 0, 1]) });
  assert.deepEqual([open(0, 1), open(1, 0)], [false, false]);
});
