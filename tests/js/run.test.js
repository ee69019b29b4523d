// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_SETTINGS, Run } from "../../site/js/run.js";

/** @param {string} text */
const token = (text) => ({
  type: /** @type {const} */ ("token"),
  id: 1,
  text,
  probability: 0.5,
  alternatives: [],
});

/**
 * A run on a clock that the test turns.
 *
 * @param {import("node:test").TestContext} t
 */
function timed(t) {
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  const run = new Run("prompt", DEFAULT_SETTINGS, "small");
  return {
    run,
    wait: (/** @type {number} */ ms) => {
      now += ms;
    },
  };
}

test("tokens per second are counted from the first token: reading the prompt takes its own time", (t) => {
  const { run, wait } = timed(t);
  run.begin();
  wait(2000);
  run.add(token("a"));
  assert.equal(run.firstTokenMs, 2000);
  assert.equal(run.tokensPerSecond, 0);
  for (let i = 0; i < 4; i++) {
    wait(100);
    run.add(token("b"));
  }
  assert.equal(run.tokensPerSecond, 10);
});

test("the text is the tokens' and the trailing one", () => {
  const run = new Run("prompt", DEFAULT_SETTINGS, "small");
  run.begin();
  for (const text of ["", "", "漢", " x"]) run.add(token(text));
  run.add({ type: "end", reason: "context", text: "\ufffd" });
  assert.equal(run.text, "漢 x\ufffd");
  assert.equal(run.status, "done");
});

test("only an active run can be stopped or fail", () => {
  const run = new Run("prompt", DEFAULT_SETTINGS, "small");
  run.begin();
  run.add({ type: "end", reason: "length", text: "" });
  run.stop();
  run.fail();
  assert.equal(run.status, "done");
  assert.equal(run.signal.aborted, false);
});
