// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { measure, promptIds, windows } from "../../site/js/bench.js";
import { macrotask } from "../../site/js/protocol.js";
import { Run } from "../../site/js/run.js";

const INFO = { n_ctx: 64, n_vocab: 50257, matmul: "relaxed", matmuls: ["einsum", "relaxed"] };
const PLAN = {
  kinds: ["relaxed", "simd128", "einsum"],
  prefill: [16, 64],
  decode: [16, 62],
  n_decode: 4,
  n_along: 0,
  without_cache: [20],
};
const TOKEN = { type: /** @type {const} */ ("token"), id: 1, text: "", probability: 1, alternatives: [] };

/** Answers at once, but is done with a text, and keeps what it has read of it, only a while after its last word. */
class FakeEngine extends EventTarget {
  state = { info: { ...INFO }, phase: "ready", error: null };
  /** @type {Run | null} */
  run = null;
  isBusy = false;
  /** @type {{ids: number[], n_tokens: number, kind: string, overlaps: boolean}[]} */
  asked = [];

  /** @param {number[]} ids @param {any} settings */
  async generate(ids, settings) {
    this.asked.push({
      ids,
      n_tokens: settings.n_tokens,
      kind: this.state.info.matmul,
      overlaps: this.isBusy,
    });
    this.isBusy = true;
    const run = new Run(ids, settings, "fake");
    this.run = run;
    run.begin();
    await macrotask();
    for (let i = 0; i < settings.n_tokens; i++) {
      run.add(TOKEN);
      this.dispatchEvent(new Event("output"));
    }
    run.add({ type: "end", reason: "length", text: "" });
    this.dispatchEvent(new Event("output"));
    for (let i = 0; i < 5; i++) await macrotask();
    this.isBusy = false;
    this.dispatchEvent(new Event("state"));
  }

  /** @param {string} kind */
  async useMatmul(kind) {
    this.state.info.matmul = kind;
  }
}

async function measured() {
  const engine = new FakeEngine();
  const measures = await measure(/** @type {any} */ (engine), PLAN);
  return { engine, measures };
}

test("a text is asked for only when the engine is done with the one before", async () => {
  const { engine } = await measured();
  assert.ok(engine.asked.length > 8);
  assert.deepEqual(
    engine.asked.filter(({ overlaps }) => overlaps),
    [],
  );
});

test("no text begins like the one before it, of which a cache might be left", async () => {
  const { engine } = await measured();
  const beginnings = engine.asked.map(({ ids }) => ids[0]);
  for (let i = 1; i < beginnings.length; i++) assert.notEqual(beginnings[i], beginnings[i - 1]);
});

test("the kinds that the browser offers are measured in turn, each as itself, and the first one is on again", async () => {
  const { engine, measures } = await measured();
  assert.deepEqual(Object.keys(measures), ["relaxed", "einsum"]);
  assert.deepEqual([...new Set(engine.asked.map(({ kind }) => kind))], ["relaxed", "einsum"]);
  assert.equal(engine.state.info.matmul, "relaxed");
  assert.equal(engine.run, null);
});

test("lengths without room in the context are left out", async () => {
  const { engine, measures } = await measured();
  for (const { prefill, decode, without_cache_ms } of Object.values(measures)) {
    assert.deepEqual([prefill, decode, without_cache_ms].map(Object.keys), [["16"], ["16"], ["20"]]);
  }
  for (const { ids, n_tokens } of engine.asked) assert.ok(ids.length + n_tokens - 1 <= INFO.n_ctx);
});

test("the prompts are those of the other runtimes' measurements", () => {
  assert.deepEqual(promptIds(3, 50257), [13, 7932, 15851]);
  assert.equal(promptIds(8, 50257)[7], (7 * 7919 + 13) % 50257);
});

test("times along a text are averaged by twenty, and what is left over is left out", () => {
  const times = [...Array(20).fill(2), ...Array(20).fill(4), 100];
  assert.deepEqual(windows(times), { 10: 2, 30: 4 });
});
