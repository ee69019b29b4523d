// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { compact, count, megabytes, percent, visible } from "../../site/js/widgets/text.js";
import { rowsOf } from "../../site/js/widgets/token-rows.js";

test("spaces, line ends and control characters become visible, letters stay", () => {
  assert.equal(visible(" the"), "␣the");
  assert.equal(visible("\n\n"), "↵↵");
  assert.equal(visible("\t\r\u00a0"), "⇥␍⍽");
  assert.equal(visible("\u0000\u200f\u2003"), "\\u{0}\\u{200f}\\u{2003}");
  assert.equal(visible("é漢🙂"), "é漢🙂");
  assert.equal(visible(""), "∅");
});

test("probabilities read as per cent, and small ones are not zero", () => {
  assert.equal(percent(0.12345), "12.3 %");
  assert.equal(percent(1), "100.0 %");
  assert.equal(percent(0.00213), "0.21 %");
  assert.equal(percent(0.000001), "<0.01 %");
  assert.equal(percent(0), "0.00 %");
});

test("sizes are in millions of bytes, numbers have separators and plurals", () => {
  assert.equal(megabytes(5_100_000, 12_300_000), "5.1 of 12.3 MB");
  assert.equal(compact(2_261_184), "2.26 million");
  assert.equal(count(1, "token"), "1 token");
  assert.equal(count(1024, "token"), "1,024 tokens");
});

const ALTERNATIVES = [0.4, 0.2, 0.1, 0.05, 0.05].map((probability, id) => ({
  id,
  text: `t${id}`,
  probability,
}));

test("a token among the likeliest is marked there, and the rows add up to one", () => {
  const rows = rowsOf({ id: 2, text: "t2", probability: 0.1, alternatives: ALTERNATIVES });
  assert.deepEqual(
    rows.map(({ id, isChosen }) => [id, isChosen]),
    [
      [0, false],
      [1, false],
      [2, true],
      [3, false],
      [4, false],
      [null, false],
    ],
  );
  assert.ok(Math.abs(rows.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-12);
});

test("a token that is not among the likeliest has a row of its own, and the rows add up to one", () => {
  const rows = rowsOf({ id: 99, text: "odd", probability: 0.01, alternatives: ALTERNATIVES });
  assert.equal(rows.length, 7);
  assert.deepEqual(rows[5], { id: 99, text: "odd", probability: 0.01, isChosen: true });
  assert.ok(Math.abs(rows.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-12);
});
