// @ts-check
/**
 * The worker that fetches, verifies and stores checkpoints, and hands their bytes to the worker that runs Python: that
 * one stays free to generate meanwhile, and needs no network for weights. One handler for each kind of message.
 *
 *     attach  {port}                  → nothing; Python answers on that port
 *     load    {wanted, from}          → the reports of loader/load.js, then the last one
 *     look    {from}                  → {bytes}: how large the file is, by its beginning
 *     stored                          → {entries, usage, quota}
 *     clear   {keys}                  → nothing; those that another tab is using are left
 *
 * @typedef {import("./loader/load.js").Report} Report
 * @typedef {import("./loader/load.js").Wanted} Wanted
 * @typedef {{kind: "http", url: string, bytes?: number} | {kind: "file", file: File} |
 *   {kind: "parts", folder: string, manifest: import("./loader/parts.js").Manifest}} From
 */
import { ExplainedError } from "./errors.js";
import { announcedBytes, readHeader } from "./loader/header.js";
import { Loading } from "./loader/load.js";
import { PartsSource } from "./loader/parts.js";
import { PersistentSource } from "./loader/persistent.js";
import { FileSource, HttpSource } from "./loader/sources.js";
import { openStore } from "./loader/store.js";
import { connect, drain, serve } from "./protocol.js";
import { reporting } from "./streams.js";

/** @type {import("./protocol.js").Connection | null} */
let python = null;

const LOCK = "picogpt-model:";

/** @type {Record<string, import("./protocol.js").Handler>} */
const handlers = {
  // biome-ignore lint/correctness/useYield: a handler is a stream, and this one has nothing to say
  async *attach({ port }) {
    python = connect(port);
  },

  async *load({ wanted, from }, signal) {
    return yield* reporting((/** @type {(item: Report) => void} */ report) =>
      load(wanted, from, signal, report),
    );
  },

  // biome-ignore lint/correctness/useYield: all is said at once
  async *look({ from }, signal) {
    const source = new PersistentSource(sourceOf(from), { pauses: [1] });
    const header = await readHeader(source, null, signal);
    source.close();
    return { bytes: source.bytes ?? announcedBytes(header) };
  },

  // biome-ignore lint/correctness/useYield: all is said at once
  async *stored() {
    const store = await openStore();
    if (!store) return { entries: [], usage: 0, quota: 0 };
    const entries = await store.list();
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    return { entries, usage, quota };
  },

  async *clear({ keys }) {
    const store = await openStore();
    const busy = [];
    for (const key of keys) {
      const isDone = await navigator.locks.request(LOCK + key, { ifAvailable: true }, async (lock) => {
        if (lock) await store?.delete(key);
        return Boolean(lock);
      });
      if (!isDone) busy.push(key);
    }
    return { busy };
  },
};

serve(/** @type {import("./protocol.js").Port} */ (/** @type {unknown} */ (globalThis)), handlers);

/**
 * @param {Wanted} wanted
 * @param {From} from
 * @param {AbortSignal} signal
 * @param {(item: Report) => void} report
 */
async function load(wanted, from, signal, report) {
  const connection = python;
  if (!connection) throw new ExplainedError("ProtocolError", "Python is not attached", "Reload the page.");
  const source = new PersistentSource(sourceOf(from), {
    onPause: (seconds) =>
      loading.tell(
        seconds === null ? { status: "fetching", pause_s: 0 } : { status: "pausing", pause_s: seconds },
      ),
  });
  const loading = new Loading(wanted, {
    source,
    python: { ask: (kind, payload, transfer) => drain(connection.ask(kind, payload, { transfer })) },
    store: wanted.isLocal || !navigator.locks ? null : await openStore(),
    report,
    signal,
    room,
  });
  if (wanted.isLocal || !navigator.locks) return loading.run();
  const name = LOCK + wanted.key;
  const first = await navigator.locks.request(name, { ifAvailable: true }, (lock) => lock && loading.run());
  if (first) return first;
  loading.tell({ status: "waiting" });
  return navigator.locks.request(name, { signal }, () => {
    loading.tell({ status: "fetching" });
    return loading.run();
  });
}

/**
 * @param {From} from
 * @returns {import("./loader/sources.js").Source}
 */
function sourceOf(from) {
  if (from.kind === "file") return new FileSource(from.file);
  if (from.kind === "parts") return new PartsSource(new URL(from.folder), from.manifest);
  return new HttpSource(from.url, { bytes: from.bytes });
}

/** How much the browser still stores, in bytes. */
async function room() {
  const { usage = 0, quota = Number.POSITIVE_INFINITY } = await navigator.storage.estimate();
  return quota - usage;
}
