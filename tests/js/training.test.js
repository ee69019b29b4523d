// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { ExplainedError } from "../../site/js/errors.js";
import { TRAINED, Training } from "../../site/js/training.js";

const CHOICE = { size: "tiny", n_steps: 3, learning_rate: 0.003, seed: 1 };
const ABOUT = { n_steps: 3, tokens_per_step: 100, blind_loss: 5, n_vocab: 150 };
const STEP = { type: "step", loss: 4, mean: 4, elapsed_s: 0.5 };

/** An engine whose Python trains three steps, each after the test has let it. */
class FakeEngine extends EventTarget {
  /** @type {any[]} */
  asked = [];
  /** @type {any[]} */
  adopted = [];
  nDone = 0;
  wantsPause = false;
  /** @type {(value?: any) => void} */
  letGo = () => {};
  /** @type {Error | null} */
  failure = null;

  /** @param {any[]} model */
  adopt(...model) {
    this.adopted.push(model);
  }

  /**
   * @param {string} kind
   * @param {any} payload
   * @param {{signal?: AbortSignal}} options
   */
  async *ask(kind, { name, args }, { signal } = {}) {
    this.asked.push(name ?? kind);
    if (kind === "train") return yield* this.#train(signal);
    if (name === "begin_training") {
      if (args[0] === "")
        throw new ExplainedError("SettingsError", "The text has 0 characters.", "Give more.");
      return ABOUT;
    }
    if (name === "pause_training") this.wantsPause = true;
    return null;
  }

  /** @param {AbortSignal} [signal] */
  async *#train(signal) {
    this.wantsPause = false;
    while (this.nDone < 3 && !this.wantsPause) {
      await new Promise((resolve) => {
        this.letGo = resolve;
        signal?.addEventListener("abort", resolve);
      });
      signal?.throwIfAborted();
      if (this.failure) throw this.failure;
      this.nDone += 1;
      yield { ...STEP, step: this.nDone };
    }
    yield { type: "model", step: this.nDone, info: { name: TRAINED } };
    yield { type: "end", reason: this.nDone === 3 ? "done" : "paused" };
  }
}

function setUp() {
  const engine = new FakeEngine();
  const training = new Training(/** @type {any} */ (engine));
  return { engine, training };
}

/** @param {() => boolean} holds */
async function until(holds) {
  for (let n = 0; n < 200 && !holds(); n++) await new Promise((resolve) => setTimeout(resolve));
  assert.ok(holds());
}

/**
 * @param {FakeEngine} engine
 * @param {Training} training
 * @param {number} n
 */
async function stepTo(engine, training, n) {
  while (training.n_done < n) {
    const before = training.n_done;
    await until(() => {
      engine.letGo();
      return training.n_done > before;
    });
  }
}

test("a run goes from its start to its end, and its model can be chosen under the text's title", async () => {
  const { engine, training } = setUp();
  const run = training.start("a text", "Alice", CHOICE);
  assert.equal(training.status, "preparing");
  await stepTo(engine, training, 3);
  await run;
  assert.equal(training.status, "done");
  assert.equal(training.hasModel, true);
  assert.equal(engine.adopted[0][0].title, "Trained here: Alice, step 3");
  assert.equal(training.tokensPerSecond, 200);
});

test("after a pause it goes on with the step that is next", async () => {
  const { engine, training } = setUp();
  training.start("a text", "Alice", CHOICE);
  await stepTo(engine, training, 1);
  training.pause();
  assert.equal(training.status, "pausing");
  await until(() => {
    engine.letGo();
    return training.status === "paused";
  });
  const n_done = training.n_done;
  training.resume();
  await stepTo(engine, training, 3);
  assert.deepEqual(
    training.steps.map(({ step }) => step),
    [1, 2, 3],
  );
  assert.ok(n_done < 3);
});

test("a second start while one is at work does nothing", async () => {
  const { engine, training } = setUp();
  training.start("a text", "Alice", CHOICE);
  training.start("another", "Other", CHOICE);
  await stepTo(engine, training, 3);
  assert.equal(engine.asked.filter((name) => name === "begin_training").length, 1);
  assert.equal(training.title, "Alice");
});

test("a text that is refused is explained, and can be followed by another one", async () => {
  const { engine, training } = setUp();
  await training.start("", "Alice", CHOICE);
  assert.equal(training.status, "failed");
  assert.equal(training.error?.message, "The text has 0 characters.");
  const run = training.start("a text", "Alice", CHOICE);
  assert.equal(training.error, null);
  await stepTo(engine, training, 3);
  await run;
  assert.equal(training.status, "done");
});

test("an error in the middle keeps the curve, and Continue tries again", async () => {
  const { engine, training } = setUp();
  training.start("a text", "Alice", CHOICE);
  await stepTo(engine, training, 1);
  engine.failure = new ExplainedError("TrainingError", "The model's code is edited.", "Take it out.");
  await until(() => {
    engine.letGo();
    return training.status === "failed";
  });
  assert.equal(training.steps.length >= 1, true);
  engine.failure = null;
  const run = training.resume();
  await stepTo(engine, training, 3);
  await run;
  assert.equal(training.status, "done");
});

test("reset gives the run up, whatever it is doing, and leaves the model to be saved", async () => {
  const { engine, training } = setUp();
  training.start("a text", "Alice", CHOICE);
  await stepTo(engine, training, 1);
  await training.reset();
  assert.equal(training.status, "idle");
  assert.deepEqual(training.steps, []);
  assert.equal(training.error, null);
  assert.ok(engine.asked.includes("forget_training"));
});

test("when Python is started anew, the run is gone and a word says so", async () => {
  const { engine, training } = setUp();
  training.start("a text", "Alice", CHOICE);
  await stepTo(engine, training, 1);
  engine.dispatchEvent(new Event("restart"));
  assert.equal(training.status, "idle");
  assert.match(training.error?.message ?? "", /started anew/);
  assert.equal(training.hasModel, false);
});
