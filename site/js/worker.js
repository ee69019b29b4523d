// @ts-check
/**
 * The worker: answers the page's messages by Python. One handler for each kind of message.
 *
 *     boot      {base}                     → {loaded, total} …, then {times}
 *     load      {base, entry}              → {loaded, total} …, then {info, times}; may be asked while Python boots
 *     attach    {port}                     → nothing; the loader worker asks on that port what follows
 *     begin, vocabulary, write, finish, abandon → see python.js
 *     unload    {name}                     → nothing
 *     parity    {model, prompts}           → {difference, n}
 *     inspect   {model, prompt, focus, wants} → what views show of a text; its arrays move, they are not copied
 *     generate  {model, prompt, settings}  → the events of picogpt.browser.generate
 *     compare   {model, prompt, settings}  → the events of picogpt.browser_edits.compare
 *     experiment {model, name, args}       → what that function of picogpt.browser_edits returns: edit, restore …
 *     train     {}                         → the events of picogpt.browser_training.train
 *     training  {name, args}               → what that function of picogpt.browser_training returns: begin, pause …
 *     matmul    {kind}                     → the kind of matrix product in use from now on, also by what is running
 *
 * @typedef {import("./python.js").Python} Python
 * @typedef {import("./weights.js").ModelEntry} ModelEntry
 * @typedef {import("./weights.js").OnProgress} OnProgress
 * @typedef {{loaded: number, total: number}} Progress  in bytes
 */
import { boot, stopwatch } from "./boot.js";
import { confine } from "./confine.js";
import { ExplainedError } from "./errors.js";
import { serve, transferring } from "./protocol.js";
import { reporting } from "./streams.js";
import { downloadBytes, downloadText } from "./weights.js";

confine(globalThis, new URL("../", import.meta.url)); // before there is anything that could run a reader's code

/** @type {(python: Promise<Python>) => void} */
let announce = () => {};
/** @type {Promise<Python>} */
const booted = new Promise((resolve) => {
  announce = resolve;
});
booted.catch(() => {}); // told to whoever asked for the boot

/** Which of the models that began to arrive is the one in the making. */
let arriving = 0;

/** @type {Record<string, import("./protocol.js").Handler>} */
const handlers = {
  async *boot({ base }) {
    const python = yield* reporting((/** @type {(item: Progress) => void} */ report) => {
      const booting = boot(new URL(base), (loaded, total) => report({ loaded, total }));
      announce(booting);
      return booting;
    });
    return { times: python.times };
  },

  async *load({ base, entry }, signal) {
    return yield* reporting((/** @type {(item: Progress) => void} */ report) =>
      loadModel(new URL("models/", base), entry, signal, (loaded, total) => report({ loaded, total })),
    );
  },

  // The loader worker asks these, on a port of its own: a checkpoint arrives piece by piece.
  // biome-ignore-start lint/correctness/useYield: a handler is a stream, and these have nothing to say on the way
  async *attach({ port }) {
    serve(port, handlers);
  },

  async *begin({ header, n_bytes, config }) {
    const plan = (await booted).begin(header, n_bytes, config);
    arriving += 1;
    return { ...plan, id: arriving };
  },

  async *write({ id, begin, bytes }) {
    checkArriving(id);
    const times = (await booted).write(begin, bytes);
    return transferring({ ...times, buffer: bytes.buffer }, [bytes.buffer]); // to be used again
  },

  async *vocabulary({ id, merges, gpt2Merges }) {
    checkArriving(id);
    const python = await booted;
    const clock = stopwatch();
    python.vocabulary(merges, gpt2Merges);
    return { vocabulary: clock() };
  },

  async *finish({ id, name }) {
    checkArriving(id);
    const python = await booted;
    const clock = stopwatch();
    const info = python.finish(name);
    return { info, times: { finish: clock() } };
  },

  async *abandon({ id }) {
    if (id === arriving) (await booted).abandon();
  },

  async *parity({ model, prompts }) {
    return (await booted).parity(model, prompts);
  },

  async *inspect({ model, prompt, focus, wants }) {
    const found = (await booted).inspect(model, prompt, focus, wants);
    return transferring(found, buffersIn(found));
  },

  async *unload({ name }) {
    (await booted).unload(name);
  },
  // biome-ignore-end lint/correctness/useYield: see above

  async *generate({ model, prompt, settings }) {
    yield* (await booted).generate(model, prompt, settings);
  },

  async *compare({ model, prompt, settings }) {
    yield* (await booted).compare(model, prompt, settings);
  },

  // biome-ignore lint/correctness/useYield: every answer is a stream, some of no items
  async *experiment({ model, name, args }) {
    return (await booted).experiment(model, name, args);
  },

  async *train() {
    yield* (await booted).train();
  },

  // biome-ignore lint/correctness/useYield: every answer is a stream, some of no items
  async *training({ name, args }) {
    return (await booted).training(name, args);
  },

  // biome-ignore lint/correctness/useYield: every answer is a stream, some of no items
  async *matmul({ kind }) {
    return (await booted).useMatmul(kind);
  },
};

serve(/** @type {import("./protocol.js").Port} */ (/** @type {unknown} */ (globalThis)), handlers);

/**
 * The buffers of all typed arrays in a plain value.
 *
 * @param {any} value
 * @returns {ArrayBuffer[]}
 */
function buffersIn(value) {
  if (ArrayBuffer.isView(value)) return [/** @type {ArrayBuffer} */ (value.buffer)];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(buffersIn);
}

/**
 * Bytes of a model that was given up may still be on their way when the next one has begun.
 *
 * @param {number} id
 */
function checkArriving(id) {
  if (id === arriving) return;
  throw new ExplainedError("SupersededError", "another model has taken this one's place", "Choose it again.");
}

/**
 * Fetches a model's files, while Python boots if need be, and loads them.
 *
 * @param {URL} folder
 * @param {ModelEntry} entry
 * @param {AbortSignal} signal
 * @param {OnProgress} onProgress
 */
async function loadModel(folder, { name, files }, signal, onProgress) {
  const clock = stopwatch();
  const { parity: _, ...needed } = files;
  const progressOf = sumOfProgress(needed, onProgress);
  /** @param {"config" | "merges"} key */
  const text = (key) => {
    const file = files[key];
    return file && downloadText(folder, file, { signal, onProgress: progressOf(key) });
  };
  const [config, merges, weights] = await Promise.all([
    text("config"),
    text("merges"),
    downloadBytes(folder, files.weights, { signal, onProgress: progressOf("weights") }),
  ]);
  const times = { download: clock(), wait: 0, load: 0 };
  const python = await booted;
  times.wait = clock();
  const info = python.load(name, weights, config, merges);
  times.load = clock();
  return { info, times };
}

/**
 * One progress for several files.
 *
 * @param {ModelEntry["files"]} files
 * @param {OnProgress} onProgress
 */
function sumOfProgress(files, onProgress) {
  const total = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
  /** @type {Record<string, number>} */
  const loadedOf = {};
  return (/** @type {string} */ key) => (/** @type {number} */ loaded) => {
    loadedOf[key] = loaded;
    onProgress(
      Object.values(loadedOf).reduce((sum, n) => sum + n, 0),
      total,
    );
  };
}
