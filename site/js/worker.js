// @ts-check
/**
 * The worker: answers the page's messages by Python. One handler for each kind of message.
 *
 *     boot      {base}                     → {loaded, total} …, then {times}
 *     load      {base, entry}              → {loaded, total} …, then {info, times}; may be asked while Python boots
 *     generate  {model, prompt, settings}  → the events of picogpt.browser.generate
 *
 * @typedef {import("./python.js").Python} Python
 * @typedef {import("./weights.js").ModelEntry} ModelEntry
 * @typedef {import("./weights.js").OnProgress} OnProgress
 * @typedef {{loaded: number, total: number}} Progress  in bytes
 */
import { serve } from "./protocol.js";
import { boot } from "./python.js";
import { reporting } from "./streams.js";
import { download, downloadText, Memory, verify } from "./weights.js";

/** @type {(python: Promise<Python>) => void} */
let announce = () => {};
/** @type {Promise<Python>} */
const booted = new Promise((resolve) => {
  announce = resolve;
});
booted.catch(() => {}); // told to whoever asked for the boot

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

  async *generate({ model, prompt, settings }) {
    yield* (await booted).generate(model, prompt, settings);
  },
};

serve(/** @type {import("./protocol.js").Port} */ (/** @type {unknown} */ (globalThis)), handlers);

/**
 * Fetches a model's files, while Python boots if need be, and loads them.
 *
 * @param {URL} folder
 * @param {ModelEntry} entry
 * @param {AbortSignal} signal
 * @param {OnProgress} onProgress
 */
async function loadModel(folder, { name, files }, signal, onProgress) {
  const started = performance.now();
  const progressOf = sumOfProgress(files, onProgress);
  /** @param {"config" | "merges"} key */
  const text = (key) => {
    const file = files[key];
    return file && downloadText(folder, file, { signal, onProgress: progressOf(key) });
  };
  const options = { signal, onProgress: progressOf("weights") };
  const [arena, config, merges] = await Promise.all([
    downloadIntoPython(folder, files.weights, options),
    text("config"),
    text("merges"),
  ]);
  const downloaded = performance.now();
  try {
    const info = (await booted).load(name, arena, config, merges);
    const times = {
      download: Math.round(downloaded - started),
      load: Math.round(performance.now() - downloaded),
    };
    return { info, times };
  } finally {
    arena.destroy();
  }
}

/**
 * The weights go straight into Python's memory; what arrives before Python is there waits in ours.
 *
 * @param {URL} folder
 * @param {import("./weights.js").ModelFile} file
 * @param {import("./weights.js").Options} options
 */
async function downloadIntoPython(folder, file, options) {
  const memory = new Memory();
  /** @type {import("./weights.js").Sink} */
  let sink = memory;
  const arrival = booted.then((python) => {
    const arena = python.allocate(file.bytes);
    memory.moveTo(arena);
    sink = arena;
    return arena;
  });
  try {
    await download(folder, file, { write: (chunk, offset) => sink.write(chunk, offset) }, options);
    const arena = await arrival;
    await arena.borrow((bytes) => verify(file, bytes)); // the digest copies them before it waits
    return arena;
  } catch (error) {
    arrival.then(
      (arena) => arena.destroy(),
      () => {},
    );
    throw error;
  }
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
