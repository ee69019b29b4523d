// @ts-check
/**
 * The benchmark: what a reader of this page gets, timed in the page, on the site's own engine. `python3 build bench`
 * calls these functions in a browser, and the page on speed calls them in its reader's own tab.
 *
 * @typedef {import("./engine.js").Engine} Engine
 *
 * @typedef {object} Plan  what to measure; lengths that the model's context has no room for are left out
 * @property {string[]} kinds          of matrix product: those that the browser offers are measured
 * @property {number[]} prefill        lengths of prompts
 * @property {number[]} decode         lengths of texts to go on from
 * @property {number} n_decode         tokens that are timed there
 * @property {number} n_along          tokens of one long text, each timed on its own; 0: none
 * @property {number[]} without_cache  lengths of texts that are read anew for their next token
 *
 * @typedef {object} Measures  of one kind of matrix product
 * @property {Record<string, number>} prefill           tokens/s, by length
 * @property {Record<string, number>} decode            tokens/s, by length
 * @property {Record<string, number>} token_ms          the mean time of a token with a cache, by tokens before it
 * @property {Record<string, number>} without_cache_ms  the time of a token without one, by tokens before it
 */
import { ExplainedError } from "./errors.js";
import { DEFAULT_SETTINGS } from "./run.js";

const N_WARM_UP = 64; // tokens, after which the browser has compiled for speed what they run
const WINDOW = 20; // tokens along a long text are averaged by so many
const PAGE_BYTES = 65_536;
const FLOAT_BYTES = 4;
const EXACT_BYTES = 1 << 28; // so many ones are counted in float32 without an error

/**
 * The ids of a prompt that no text is: 13, 7932, …
 *
 * @param {number} n
 * @param {number} n_vocab
 */
export function promptIds(n, n_vocab) {
  return Array.from({ length: n }, (_, i) => (i * 7919 + 13) % n_vocab);
}

/**
 * Measures the chosen model. What the reader had generated and chosen stays.
 *
 * @param {Engine} engine  ready
 * @param {Plan} plan
 * @param {(what: string) => void} [onProgress]  told what is measured next
 * @returns {Promise<Record<string, Measures>>}  by kind
 */
export async function measure(engine, plan, onProgress = () => {}) {
  const { run, state } = engine;
  if (!state.info || run?.isActive) {
    throw new ExplainedError(
      "BenchmarkError",
      "The model is not ready.",
      "Wait until it is, or stop its text.",
    );
  }
  const before = state.info.matmul;
  /** @type {Record<string, Measures>} */
  const measures = {};
  try {
    for (const kind of plan.kinds.filter((kind) => state.info?.matmuls.includes(kind))) {
      await engine.useMatmul(kind);
      measures[kind] = await measureKind(new Stopwatch(engine, state.info), plan, (what) =>
        onProgress(`${kind}: ${what}`),
      );
    }
  } finally {
    await engine.useMatmul(before);
    engine.run = run;
    engine.dispatchEvent(new Event("output"));
    engine.dispatchEvent(new Event("state"));
  }
  return measures;
}

/**
 * @param {Stopwatch} stopwatch
 * @param {Plan} plan
 * @param {(what: string) => void} onProgress
 * @returns {Promise<Measures>}
 */
async function measureKind(stopwatch, plan, onProgress) {
  /** @type {Measures} */
  const found = { prefill: {}, decode: {}, token_ms: {}, without_cache_ms: {} };
  onProgress("warming up");
  await stopwatch.tokensMs(1, Math.min(N_WARM_UP, stopwatch.n_ctx - 1));
  for (const n of plan.prefill.filter((n) => n < stopwatch.n_ctx)) {
    onProgress(`reading ${n} tokens`);
    found.prefill[n] = (n * 1000) / (await stopwatch.prefillMs(n));
  }
  for (const n of plan.decode.filter((n) => n + 4 < stopwatch.n_ctx)) {
    onProgress(`writing after ${n} tokens`);
    const times = await stopwatch.tokensMs(n, Math.min(plan.n_decode, stopwatch.n_ctx - n));
    if (times.length > 0) found.decode[n] = 1000 / mean(times);
  }
  if (plan.n_along > 0) {
    onProgress("writing one long text");
    found.token_ms = windows(await stopwatch.tokensMs(1, Math.min(plan.n_along, stopwatch.n_ctx - 1)));
  }
  for (const n of plan.without_cache.filter((n) => n < stopwatch.n_ctx)) {
    onProgress(`one token after ${n}, without a cache`);
    found.without_cache_ms[n] = await stopwatch.prefillMs(n);
  }
  return found;
}

/** Times runs of one engine. */
class Stopwatch {
  #engine;
  #n_vocab;

  /**
   * @param {Engine} engine
   * @param {import("./engine.js").ModelInfo} info
   */
  constructor(engine, { n_ctx, n_vocab }) {
    this.#engine = engine;
    this.#n_vocab = n_vocab;
    this.n_ctx = n_ctx;
  }

  /**
   * Milliseconds from the prompt, none of it read before, to its first token.
   *
   * @param {number} n
   */
  async prefillMs(n) {
    await this.#forget();
    const { startedAt, times } = await this.#run(promptIds(n, this.#n_vocab), 1);
    return times[0] - startedAt;
  }

  /**
   * Milliseconds of each of the tokens after the first one; fewer if the model ends the text.
   *
   * @param {number} n  tokens of the prompt
   * @param {number} n_tokens
   */
  async tokensMs(n, n_tokens) {
    await this.#forget();
    const { times } = await this.#run(promptIds(n, this.#n_vocab), n_tokens + 1);
    return times.slice(1).map((time, i) => time - times[i]);
  }

  /** A text that begins unlike all the others: what the model has read is of no use to the next one. */
  async #forget() {
    await this.#run([(promptIds(1, this.#n_vocab)[0] + 1) % this.#n_vocab], 1);
  }

  /**
   * @param {number[]} ids
   * @param {number} n_tokens
   * @returns {Promise<{startedAt: number, times: number[]}>}  when each token was here
   */
  #run(ids, n_tokens) {
    const engine = this.#engine;
    /** @type {number[]} */
    const times = [];
    const startedAt = performance.now();
    engine.generate(ids, { ...DEFAULT_SETTINGS, greedy: true, n_tokens });
    const run = /** @type {import("./run.js").Run} */ (engine.run);
    return new Promise((resolve, reject) => {
      const look = () => {
        if (run.tokens.length > times.length) times.push(performance.now());
        if (run.isActive) return;
        engine.removeEventListener("output", look);
        if (run.status !== "done") reject(interrupted(engine));
        // the worker is done with a text a little after its last word, and the engine says when
        else engine.addEventListener("state", () => resolve({ startedAt, times }), { once: true });
      };
      engine.addEventListener("output", look);
    });
  }
}

/** @param {Engine} engine */
function interrupted({ state: { error } }) {
  return error
    ? new ExplainedError(error.class, error.message, error.hint)
    : new ExplainedError("BenchmarkError", "The measurement was interrupted.", "Start it again.");
}

/**
 * Loads a model as a reader does: by a click on Download, or, where the browser has it, by its choice in the list.
 *
 * @param {Engine} engine  ready, with another model
 * @param {string} name    of one that is published elsewhere
 * @param {boolean} isStored  in this browser
 * @returns {Promise<{ready_ms: number, parts: Record<string, number>}>}  from the click to a model that can be used;
 *   parts: see loader/load.js; its verification has ended as well
 */
export async function loadModel(engine, name, isStored) {
  let startedAt = performance.now();
  engine.choose(name);
  const arrivals = engine.arrivals;
  await until(engine, () => arrivals.current?.offer.wanted.name === name);
  const arrival = /** @type {import("./arrival.js").Arrival} */ (arrivals.current);
  if (!isStored) {
    startedAt = performance.now();
    arrival.start();
  }
  /** @param {() => boolean} isSo */
  const reached = async (isSo) => {
    await until(engine, () => arrival.status === "failed" || isSo());
    if (arrival.error) throw new ExplainedError(arrival.error.class, arrival.error.message);
  };
  await reached(() => engine.state.phase === "ready" && engine.state.info?.name === name);
  const ready_ms = performance.now() - startedAt;
  await reached(() => arrival.status === "done");
  return { ready_ms, parts: { ...arrival.report?.times } };
}

/**
 * The first token of a page that was just opened.
 *
 * @param {Engine} engine
 * @param {string} prompt
 * @returns {Promise<Record<string, number>>}  milliseconds since the page was asked for, and what its parts took
 */
export async function firstToken(engine, prompt) {
  const script_ms = performance.now();
  engine.start();
  engine.generate(prompt, { ...DEFAULT_SETTINGS, greedy: true, n_tokens: 2 });
  await until(engine, () => (engine.run?.tokens.length ?? 0) > 0, "output");
  const first_token_ms = performance.now();
  return { first_token_ms, script_ms, generate_ms: engine.run?.firstTokenMs ?? 0, ...engine.state.times };
}

/**
 * Waits until something is so; an error of the engine ends the wait.
 *
 * @param {Engine} engine
 * @param {() => boolean} isSo
 * @param {"state" | "output"} type
 * @returns {Promise<void>}
 */
export function until(engine, isSo, type = "state") {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (engine.state.error) reject(interrupted(engine));
      else if (isSo()) resolve();
      else return;
      engine.removeEventListener(type, look);
      engine.removeEventListener("state", look);
    };
    engine.addEventListener(type, look);
    engine.addEventListener("state", look);
    look();
  });
}

/**
 * How fast one thread of this browser reads memory that no cache holds: site/wasm/bandwidth.c over `n_bytes`, by 1, 4
 * and 8 streams.
 *
 * Read are as many bytes as a token of GPT-2 124M reads: some processors have a cache that holds half of that.
 *
 * @param {URL} base  the site's root
 * @param {number} [n_bytes]
 * @param {number} [n_times]  the fastest counts: whatever else the machine does makes it slower only
 * @returns {Promise<Record<"1" | "4" | "8", number>>}  GB/s, by streams
 */
export async function readBandwidth(base, n_bytes = 1 << 29, n_times = 8) {
  const memory = new WebAssembly.Memory({ initial: n_bytes / PAGE_BYTES });
  new Float32Array(memory.buffer).fill(1); // memory that was never written to is not there, and read too fast
  const response = await fetch(new URL("wasm/bandwidth.wasm", base));
  const { instance } = await WebAssembly.instantiate(await response.arrayBuffer(), { env: { memory } });
  const n = n_bytes / FLOAT_BYTES;
  /** @param {"1" | "4" | "8"} streams */
  const fastest = (streams) => {
    const sum = /** @type {(x: number, n: number) => number} */ (instance.exports[`sum_${streams}`]);
    const times = Array.from({ length: n_times }, () => {
      const startedAt = performance.now();
      let n_read = 0;
      for (let at = 0; at < n_bytes; at += EXACT_BYTES)
        n_read += sum(at, Math.min(n, EXACT_BYTES / FLOAT_BYTES));
      if (n_read !== n) throw new Error(`sum_${streams} did not read all of the memory`);
      return performance.now() - startedAt;
    });
    return n_bytes / Math.min(...times) / 1e6;
  };
  return { 1: fastest("1"), 4: fastest("4"), 8: fastest("8") };
}

/** @param {number[]} numbers */
function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/**
 * Means of `WINDOW` tokens each, by how many tokens stood before the window's middle.
 *
 * @param {number[]} times
 */
export function windows(times) {
  /** @type {Record<string, number>} */
  const found = {};
  for (let at = 0; at + WINDOW <= times.length; at += WINDOW) {
    found[at + WINDOW / 2] = mean(times.slice(at, at + WINDOW));
  }
  return found;
}
