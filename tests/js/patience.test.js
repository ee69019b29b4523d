// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { patienceMs } from "../../site/js/patience.js";

const SMALL = { n_params: 2_707_200, n_ctx: 256 };
const GPT2 = { n_params: 124_439_808, n_ctx: 1024 };

test("the small model has little more than a second, whatever it reads", () => {
  assert.ok(patienceMs(SMALL, "ROMEO:") < 1100);
  assert.ok(patienceMs(SMALL, "a ".repeat(10_000)) < 2500);
});

test("GPT-2 has the time that it takes with long texts, and no more than 15 s", () => {
  const short = patienceMs(GPT2, "Alan Turing theorized");
  assert.ok(short > 2000 && short < 5000);
  assert.ok(patienceMs(GPT2, Array(30).fill(5)) > short);
  assert.equal(patienceMs(GPT2, "word ".repeat(1000)), 15_000);
});
