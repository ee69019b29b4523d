// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../../site/js/widgets/fold.js";
import { logScale } from "../../site/js/widgets/log-scale.js";

test("a vector of any length is folded into lines that hold all of it, with no line to spare", () => {
  for (const n of [1, 5, 12, 48, 192, 193, 768, 1024, 1600]) {
    const { rows, columns } = fold(n);
    assert.ok(rows * columns >= n, `${n}`);
    assert.ok((rows - 1) * columns < n, `${n}`);
  }
  assert.deepEqual(fold(768), { rows: 8, columns: 96 });
  assert.deepEqual(fold(192), { rows: 4, columns: 48 });
});

test("a logarithmic axis has round ticks, all numbers on it, and no place for 0", () => {
  const { domain, ticks } = logScale([0, 0.3, 1, 4]);
  assert.ok(domain[0] < 0.3 && domain[1] > 4);
  assert.deepEqual(ticks, [0.5, 1, 2, 5]);
  assert.deepEqual(logScale([0.01, 1000]).ticks, [0.01, 0.1, 1, 10, 100, 1000]);
  assert.deepEqual(logScale([0, Number.NaN]).ticks, [0.1, 1, 10]);
});
