// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Engine } from "../../site/js/engine.js";
import { ExplainedError } from "../../site/js/errors.js";
import { macrotask, serve } from "../../site/js/protocol.js";
import { DEFAULT_SETTINGS } from "../../site/js/run.js";

const BASE = new URL("http://site.test/sub/");
const MODELS = ["small", "large"].map((name) => ({
  name,
  title: name.toUpperCase(),
  files: { weights: { path: `${name}/model.safetensors`, bytes: 8, sha256: "" } },
}));

/**
 * A worker whose every step waits until the test opens its gate.
 *
 * @typedef {Record<string, {promise: Promise<any>, open: (value?: any) => void, fail: (error: Error) => void}>} Gates
 */
class FakeWorker extends EventTarget {
  #channel = new MessageChannel();
  isTerminated = false;
  /** @type {string[]} what was asked of it */
  asked = [];
  /** @type {Gates} */
  gates = {};
  closedRuns = 0;
  /** @type {string[]} */
  leftLoads = [];

  constructor() {
    super();
    serve(this.#channel.port2, {
      boot: () => this.#boot(),
      load: (payload, signal) => this.#load(payload, signal),
      generate: (payload) => this.#generate(payload),
      attach: () => nothing(),
      unload: () => nothing(),
    });
    this.#channel.port1.onmessage = ({ data }) => {
      if (!this.isTerminated) this.dispatchEvent(new MessageEvent("message", { data }));
    };
  }

  /** @param {any} message */
  postMessage(message) {
    const transfer = message.kind === "attach" ? [message.payload.port] : [];
    this.#channel.port1.postMessage(message, transfer);
  }

  terminate() {
    this.isTerminated = true;
    this.#channel.port1.close();
  }

  /** @param {string} name */
  gate(name) {
    if (!this.gates[name]) {
      let open = (/** @type {any} */ _) => {};
      let fail = (/** @type {Error} */ _) => {};
      const promise = new Promise((resolve, reject) => {
        [open, fail] = [resolve, reject];
      });
      promise.catch(() => {});
      this.gates[name] = { promise, open, fail };
    }
    return this.gates[name];
  }

  async *#boot() {
    this.asked.push("boot");
    yield { loaded: 5, total: 12 };
    await this.gate("boot").promise;
    return { times: { pyodide: 7 } };
  }

  /** @param {any} payload @param {AbortSignal} signal */
  async *#load({ base, entry }, signal) {
    assert.equal(base, BASE.href);
    signal.addEventListener("abort", () => this.leftLoads.push(entry.name));
    this.asked.push(`load ${entry.name}`);
    yield { loaded: 3, total: 8 };
    await this.gate("boot").promise;
    await this.gate(`load ${entry.name}`).promise;
    return { info: { name: entry.name, n_ctx: 8, has_vocabulary: true }, times: { load: 1 } };
  }

  /** @param {any} payload */
  async *#generate({ model, prompt, settings }) {
    this.asked.push(`generate ${model} ${prompt}`);
    try {
      yield { type: "prompt", ids: [1], n_ctx: 8, seed: 5 };
      for (let i = 0; i < settings.n_tokens; i++) {
        if (prompt === "wait") await this.gate(`token ${i}`).promise;
        yield { type: "token", id: i, text: `${prompt}${i} `, probability: 0.5, alternatives: [] };
      }
      yield { type: "end", reason: "length", text: "" };
    } finally {
      this.closedRuns += 1;
    }
  }
}

/** The answer to a message that asks for nothing. */
async function* nothing() {}

/** A worker that fetches: it has each model at once, from the storage where one is in there. */
class FakeLoader extends EventTarget {
  #channel = new MessageChannel();
  /** @type {string[]} what it loaded */
  loaded = [];
  /** @type {Set<string>} keys */
  stored = new Set();

  constructor() {
    super();
    const entries = () => [...this.stored].map((key) => ({ key, isWhole: true }));
    serve(this.#channel.port2, {
      attach: () => nothing(),
      // biome-ignore lint/correctness/useYield: every answer is a stream, some of no items
      async *stored() {
        return { entries: entries(), usage: 0, quota: 0 };
      },
      load: (payload) => this.#load(payload),
    });
    this.#channel.port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent("message", { data }));
  }

  /** @param {any} message */
  postMessage(message) {
    const transfer = message.kind === "attach" ? [message.payload.port] : [];
    this.#channel.port1.postMessage(message, transfer);
  }

  terminate() {} // the engine starts it again: here it is the same one

  /** @param {any} payload */
  async *#load({ wanted }) {
    this.loaded.push(wanted.name);
    yield { status: "fetching", loaded: 1, total: 2, fetched: 0, info: null, times: {} };
    const info = { name: wanted.name, n_ctx: 8, has_vocabulary: true };
    return { status: "done", loaded: 2, total: 2, fetched: 0, info, times: {} };
  }

  close() {
    this.#channel.port1.close();
  }
}

/**
 * An engine with fake workers, newest last.
 *
 * @param {import("node:test").TestContext} t
 * @param {() => Promise<any>} [index]
 */
function setUp(t, index = async () => MODELS) {
  /** @type {FakeWorker[]} */
  const workers = [];
  const createWorker = () => {
    workers.push(new FakeWorker());
    return /** @type {any} */ (workers[workers.length - 1]);
  };
  const loader = new FakeLoader();
  const createLoader = () => /** @type {any} */ (loader);
  const engine = new Engine({ base: BASE, createWorker, createLoader, index });
  /** @type {string[]} */
  const phases = [];
  engine.addEventListener("state", () => {
    if (phases[phases.length - 1] !== engine.state.phase) phases.push(engine.state.phase);
  });
  t.after(() => {
    for (const worker of workers) worker.terminate();
    loader.close();
  });
  return { engine, workers, phases, loader };
}

/** @param {number} n */
const settings = (n) => ({ ...DEFAULT_SETTINGS, n_tokens: n });

/** @param {() => unknown} condition */
async function until(condition) {
  for (let i = 0; i < 500; i++) {
    if (condition()) return;
    await macrotask();
  }
  assert.fail(`waited in vain for ${condition}`);
}

/**
 * An engine that is ready with the first model.
 *
 * @param {import("node:test").TestContext} t
 */
async function ready(t) {
  const set = setUp(t);
  set.engine.start();
  set.workers[0].gate("boot").open();
  set.workers[0].gate("load small").open();
  await until(() => set.engine.state.phase === "ready");
  return { ...set, worker: set.workers[0] };
}

test("the phases of a start are booting, loading, ready, with progress by bytes", async (t) => {
  const { engine, workers, phases } = setUp(t);
  engine.start();
  assert.equal(engine.state.phase, "booting");
  await until(() => engine.state.progress?.loaded === 5);
  assert.deepEqual(engine.state.progress, { what: "Pyodide", loaded: 5, total: 12 });
  workers[0].gate("boot").open();
  await until(() => engine.state.phase === "loading");
  assert.deepEqual(engine.state.progress, { what: "SMALL", loaded: 3, total: 8 });
  workers[0].gate("load small").open();
  await until(() => engine.state.phase === "ready");
  assert.equal(engine.state.progress, null);
  assert.equal(engine.state.info?.name, "small");
  assert.deepEqual(engine.state.times, { pyodide: 7, load: 1 });
  assert.deepEqual(phases, ["booting", "loading", "ready"]);
});

test("the model is asked for while Python boots", async (t) => {
  const { engine, workers } = setUp(t);
  engine.start();
  await until(() => workers[0].asked.includes("load small"));
  assert.equal(engine.state.phase, "booting");
});

test("a second start, as by the next page's box, changes nothing", async (t) => {
  const { engine, workers } = await ready(t);
  engine.start();
  assert.equal(workers.length, 1);
  assert.equal(engine.state.phase, "ready");
});

test("a run streams its tokens and says how it ended", async (t) => {
  const { engine, worker } = await ready(t);
  engine.generate("wait", settings(2));
  assert.equal(engine.state.phase, "generating");
  await until(() => engine.run?.start);
  assert.equal(engine.run?.tokens.length, 0);
  worker.gate("token 0").open();
  await until(() => engine.run?.tokens.length === 1);
  assert.equal(engine.state.phase, "generating");
  worker.gate("token 1").open();
  await until(() => engine.state.phase === "ready");
  assert.equal(engine.run?.text, "wait0 wait1 ");
  assert.equal(engine.run?.status, "done");
  assert.equal(engine.run?.end?.reason, "length");
});

test("a prompt that comes during the boot is queued and runs when the model is there", async (t) => {
  const { engine, workers } = setUp(t);
  engine.start();
  engine.generate("early", settings(1));
  assert.equal(engine.run?.status, "queued");
  assert.equal(engine.state.phase, "booting");
  workers[0].gate("boot").open();
  await until(() => engine.state.phase === "loading");
  assert.equal(engine.run?.status, "queued");
  workers[0].gate("load small").open();
  await until(() => engine.run?.status === "done");
  assert.equal(engine.run?.text, "early0 ");
});

test("of two queued prompts the later one runs, and it alone", async (t) => {
  const { engine, workers } = setUp(t);
  engine.start();
  engine.generate("first", settings(1));
  engine.generate("second", settings(1));
  workers[0].gate("boot").open();
  workers[0].gate("load small").open();
  await until(() => engine.run?.status === "done");
  assert.deepEqual(
    workers[0].asked.filter((kind) => kind.startsWith("generate")),
    ["generate small second"],
  );
});

test("stop takes a queued prompt out of the queue", async (t) => {
  const { engine, workers } = setUp(t);
  engine.start();
  engine.generate("never", settings(1));
  engine.stop();
  assert.equal(engine.run?.status, "stopped");
  workers[0].gate("boot").open();
  workers[0].gate("load small").open();
  await until(() => engine.state.phase === "ready");
  assert.ok(!workers[0].asked.some((kind) => kind.startsWith("generate")));
});

test("stop keeps the tokens so far, is ready at once and ends the worker's run", async (t) => {
  const { engine, worker } = await ready(t);
  engine.generate("wait", settings(50));
  worker.gate("token 0").open();
  await until(() => engine.run?.tokens.length === 1);
  engine.stop();
  assert.equal(engine.state.phase, "ready");
  assert.equal(engine.run?.status, "stopped");
  worker.gate("token 1").open();
  await until(() => worker.closedRuns === 1);
  assert.equal(engine.run?.text, "wait0 ");
  assert.equal(engine.state.error, null);
});

test("a new run stops the one before: two never mix", async (t) => {
  const { engine, worker } = await ready(t);
  engine.generate("old", settings(100_000));
  await until(() => (engine.run?.tokens.length ?? 0) > 3);
  const old = engine.run;
  engine.generate("new", settings(2));
  await until(() => engine.run?.status === "done");
  await until(() => worker.closedRuns === 2);
  assert.equal(engine.run?.text, "new0 new1 ");
  assert.equal(old?.status, "stopped");
  assert.ok(!old?.text.includes("new"));
});

test("choosing another model loads it, and the first one is not loaded again", async (t) => {
  const { engine, worker } = await ready(t);
  engine.choose("large");
  assert.equal(engine.state.phase, "loading");
  assert.equal(Boolean(engine.state.info), false);
  worker.gate("load large").open();
  await until(() => engine.state.phase === "ready");
  assert.equal(engine.state.info?.name, "large");
  engine.choose("small");
  assert.equal(engine.state.phase, "ready");
  assert.deepEqual(worker.asked, ["boot", "load small", "load large"]);
});

test("choosing another model stops the run", async (t) => {
  const { engine } = await ready(t);
  engine.generate("long", settings(100_000));
  await until(() => (engine.run?.tokens.length ?? 0) > 0);
  engine.choose("large");
  assert.equal(engine.run?.status, "stopped");
  assert.equal(engine.state.phase, "loading");
});

test("going back while the other model loads leaves that one and is ready", async (t) => {
  const { engine, worker } = await ready(t);
  engine.choose("large");
  engine.choose("small");
  assert.equal(engine.state.phase, "ready");
  await until(() => worker.leftLoads.includes("large"));
  worker.gate("load large").open();
  engine.generate("go", settings(1));
  await until(() => engine.run?.status === "done");
  assert.equal(engine.run?.model, "small");
  assert.equal(engine.state.error, null);
});

test("a failed download is an error with a retry; what is queued runs after the restart", async (t) => {
  const { engine, workers } = setUp(t);
  engine.start();
  workers[0].gate("boot").open();
  workers[0].gate("load small").fail(new ExplainedError("DownloadError", "cut off", "again"));
  await until(() => engine.state.phase === "error");
  assert.deepEqual(engine.state.error, {
    class: "DownloadError",
    message: "cut off",
    hint: "again",
    canRetry: true,
  });
  engine.generate("patient", settings(1));
  assert.equal(engine.state.phase, "error");
  engine.restart();
  assert.ok(workers[0].isTerminated);
  assert.equal(engine.state.phase, "booting");
  assert.equal(engine.state.error, null);
  workers[1].gate("boot").open();
  workers[1].gate("load small").open();
  await until(() => engine.run?.status === "done");
  assert.equal(engine.run?.text, "patient0 ");
});

test("a failed boot is an error with a retry", async (t) => {
  const { engine, workers } = setUp(t);
  engine.start();
  workers[0].gate("boot").fail(new ExplainedError("BootError", "no", ""));
  await until(() => engine.state.phase === "error");
  assert.equal(engine.state.error?.class, "BootError");
  assert.equal(engine.state.error?.canRetry, true);
});

test("a failed index is an error, and is asked for again by the restart", async (t) => {
  let isUp = false;
  const { engine, workers } = setUp(t, async () => {
    if (!isUp) throw new ExplainedError("NetworkError", "gone", "");
    return MODELS;
  });
  engine.start();
  workers[0].gate("boot").open();
  await until(() => engine.state.phase === "error");
  assert.equal(engine.state.error?.class, "NetworkError");
  isUp = true;
  engine.restart();
  workers[1].gate("boot").open();
  workers[1].gate("load small").open();
  await until(() => engine.state.phase === "ready");
});

test("another model can be chosen after one that failed to load, without a restart", async (t) => {
  const { engine, workers, worker } = await ready(t);
  engine.choose("large");
  worker.gate("load large").fail(new ExplainedError("DownloadError", "404", ""));
  await until(() => engine.state.phase === "error");
  engine.choose("small");
  assert.equal(engine.state.phase, "ready");
  assert.equal(workers.length, 1);
});

test("a refused prompt is an error without a retry, and the next prompt clears it", async (t) => {
  const { engine, workers, worker } = await ready(t);
  engine.generate("wait", settings(1));
  worker.gate("token 0").fail(new ExplainedError("PromptError", "too long", "shorten"));
  await until(() => engine.state.phase === "error");
  assert.equal(engine.state.error?.canRetry, false);
  assert.equal(engine.run?.status, "failed");
  engine.generate("short", settings(1));
  assert.equal(engine.state.error, null);
  await until(() => engine.run?.status === "done");
  assert.equal(workers.length, 1);
});

test("a crash while idle is an error at once; the restart brings the model back", async (t) => {
  const { engine, workers, worker } = await ready(t);
  worker.dispatchEvent(new Event("error"));
  await until(() => engine.state.phase === "error");
  assert.equal(engine.state.error?.class, "WorkerError");
  assert.equal(engine.state.error?.canRetry, true);
  engine.restart();
  workers[1].gate("boot").open();
  workers[1].gate("load small").open();
  await until(() => engine.state.phase === "ready");
  assert.deepEqual(workers[1].asked, ["boot", "load small"]);
});

test("a crash in the middle of a run keeps its tokens and marks it failed", async (t) => {
  const { engine, worker } = await ready(t);
  engine.generate("wait", settings(9));
  worker.gate("token 0").open();
  await until(() => engine.run?.tokens.length === 1);
  worker.dispatchEvent(new Event("error"));
  await until(() => engine.state.phase === "error");
  assert.equal(engine.run?.status, "failed");
  assert.equal(engine.run?.text, "wait0 ");
});

test("after a crash, choosing a model starts anew", async (t) => {
  const { engine, workers, worker } = await ready(t);
  worker.dispatchEvent(new Event("error"));
  await until(() => engine.state.phase === "error");
  engine.choose("large");
  assert.equal(engine.state.phase, "booting");
  workers[1].gate("boot").open();
  workers[1].gate("load large").open();
  await until(() => engine.state.phase === "ready");
  assert.equal(engine.state.info?.name, "large");
});

test("what an old worker still says after a restart is not heard", async (t) => {
  const { engine, workers } = setUp(t);
  engine.start();
  await until(() => workers[0].asked.includes("load small"));
  engine.restart();
  workers[0].isTerminated = false; // its messages come through all the same
  workers[0].gate("boot").fail(new Error("old"));
  workers[0].dispatchEvent(new Event("error"));
  for (let i = 0; i < 20; i++) await macrotask();
  assert.equal(engine.state.phase, "booting");
  assert.equal(engine.state.error, null);
});

test("a browser that cannot start the worker says so, once, and can be asked again", (t) => {
  const worker = new FakeWorker();
  t.after(() => worker.terminate());
  let n_asked = 0;
  const createWorker = () => {
    n_asked += 1;
    if (n_asked === 1) throw new ExplainedError("UnsupportedError", "no module workers", "newer browser");
    return /** @type {any} */ (worker);
  };
  const engine = new Engine({ base: BASE, createWorker, index: async () => MODELS });
  engine.start();
  engine.start(); // the next page's box
  assert.equal(n_asked, 1);
  assert.equal(engine.state.phase, "error");
  assert.equal(engine.state.error?.class, "UnsupportedError");
  engine.restart();
  assert.equal(engine.state.phase, "booting");
});

test("a site without models is an error", async (t) => {
  const { engine, workers } = setUp(t, async () => []);
  engine.start();
  workers[0].gate("boot").open();
  await until(() => engine.state.phase === "error");
  assert.match(engine.state.error?.message ?? "", /no model/);
});

/**
 * Ends Python's worker as Stop does, and lets the next one start.
 *
 * @param {{engine: Engine, workers: FakeWorker[]}} set
 */
function endWorker({ engine, workers }) {
  engine.restart({ comeBack: true });
  workers[1].gate("boot").open();
  workers[1].gate("load small").open();
}

test("a model from this device comes back after its worker was ended, and a prompt waits for it", async (t) => {
  const set = await ready(t);
  const { engine, loader, phases } = set;
  await engine.arrivals.openFiles([new File(["x"], "mine.safetensors")]);
  assert.equal(engine.session.model, "file:mine.safetensors");
  assert.equal(engine.state.phase, "ready");
  phases.length = 0;
  endWorker(set);
  assert.equal(engine.session.model, "file:mine.safetensors");
  engine.generate("again", settings(1));
  await until(() => engine.run?.status === "done");
  assert.equal(engine.run?.model, "file:mine.safetensors");
  assert.deepEqual(loader.loaded, ["file:mine.safetensors", "file:mine.safetensors"]);
  assert.deepEqual(
    phases.filter((phase) => phase === "error"),
    [],
  );
});

const ADDRESS = "https://there.test/model.safetensors";

test("a model that the browser has kept comes back, one that it has not is offered", async (t) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true }); // it is asked to keep the model
  t.after(() =>
    Object.defineProperty(globalThis, "navigator", before ?? { value: undefined, configurable: true }),
  );
  for (const isStored of [true, false]) {
    const set = await ready(t);
    const { engine, loader } = set;
    await engine.arrivals.offerAddress(ADDRESS);
    await engine.arrivals.current?.start();
    assert.equal(engine.session.model, ADDRESS);
    if (isStored) loader.stored.add(engine.arrivals.current?.offer.wanted.key ?? "");
    endWorker(set);
    await until(() => engine.state.phase === "ready");
    assert.equal(engine.session.model, isStored ? ADDRESS : "small");
    assert.equal(engine.arrivals.current?.status, isStored ? "done" : "offered");
    assert.equal(loader.loaded.length, isStored ? 2 : 1);
    const note = engine.arrivals.current?.offer.note ?? "";
    assert.match(note, /has to be fetched again/);
    assert.deepEqual(
      engine.state.models.map(({ name }) => name),
      isStored ? ["small", "large", ADDRESS] : ["small", "large"],
    );
  }
});

test("after a crash the site's own model is there, whatever was loaded", async (t) => {
  const { engine, workers } = await ready(t);
  await engine.arrivals.openFiles([new File(["x"], "mine.safetensors")]);
  workers[0].dispatchEvent(new Event("error"));
  await until(() => engine.state.phase === "error");
  engine.restart();
  workers[1].gate("boot").open();
  workers[1].gate("load small").open();
  await until(() => engine.state.phase === "ready");
  assert.equal(engine.session.model, "small");
});
