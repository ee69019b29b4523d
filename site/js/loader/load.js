// @ts-check
/**
 * One checkpoint from its source, or the browser's storage, into Python. What is told on the way is a state, of which
 * the latest is always whole:
 *
 *     waiting ──► fetching ◄──► pausing        waiting: another tab is loading the same model
 *                    └──► finishing ──► ready ──► verifying ──► done
 *
 * The order of things: header first (Python says from it what is needed, and makes room), then every piece is
 * kept in the storage and written to its place in Python's memory, beside which Python builds the vocabulary, then
 * the model is there. The hash of it all is computed after that, from what was stored; without a storage, on the way.
 *
 * @typedef {import("./sources.js").Source} Source
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./content.js").Span} Span
 * @typedef {import("./integrity.js").Mask} Mask
 *
 * @typedef {object} Wanted
 * @property {string} key      of the model and its revision: what is stored under it is this file
 * @property {string} name
 * @property {string} title
 * @property {string} [sha256] of the whole file, where it is known
 * @property {boolean} [isLocal]  a file of the reader's own: there is no need to keep it
 * @property {string} [config]
 * @property {string} [merges]
 * @property {string} [gpt2Merges]  for a model that has none of its own and GPT-2's number of tokens
 *
 * @typedef {object} Report
 * @property {"waiting" | "fetching" | "pausing" | "finishing" | "ready" | "verifying" | "done"} status
 * @property {number} loaded   in bytes
 * @property {number} total    0: not known yet
 * @property {number} fetched  of the bytes loaded, those that were not in the storage
 * @property {number} pause_s  how long it waits before it tries again
 * @property {boolean} isStored  is, or will be, in the storage
 * @property {string} sha256   once it is verified
 * @property {any} info        of the model, once it is ready
 * @property {Record<string, number>} times  in milliseconds
 *
 * @typedef {{id: number, n_bytes: number, data_begin: number, spans: Span[], masks: Mask[]}} Plan
 *
 * @typedef {object} PythonPort
 * @property {(kind: string, payload: any, transfer?: Transferable[]) => Promise<any>} ask
 *
 * @typedef {object} Parts
 * @property {Source} source
 * @property {PythonPort} python
 * @property {Store | null} store
 * @property {(report: Report) => void} report
 * @property {AbortSignal} signal
 * @property {() => Promise<number>} [room]  how many bytes the storage still takes
 */
import { ExplainedError } from "../errors.js";
import { lengthOf, PIECE_BYTES, Pool, piecesOf, storedPieces } from "./content.js";
import { readHeader, withoutHeader } from "./header.js";
import { hashPieces, WholeFileHash, withMasks } from "./integrity.js";

export class Loading {
  /** @type {Report} */
  #state = {
    status: "fetching",
    loaded: 0,
    total: 0,
    fetched: 0,
    pause_s: 0,
    isStored: false,
    sha256: "",
    info: null,
    times: {},
  };
  /** @type {Entry | null} */
  #entry = null;
  /** @type {WholeFileHash | null} computed on the way, where nothing is stored */
  #hash = null;
  #startedAt = performance.now();
  #pool = new Pool();
  #id = 0;

  /**
   * @param {Wanted} wanted
   * @param {Parts} parts
   */
  constructor(wanted, parts) {
    this.wanted = wanted;
    this.parts = parts;
  }

  /** @param {Partial<Report>} changes */
  tell(changes) {
    this.#state = { ...this.#state, ...changes };
    this.parts.report(this.#state);
  }

  /** Runs it all; the caller holds the lock on the key. */
  async run() {
    const { source, python } = this.parts;
    try {
      await this.#open();
      const plan = await this.#begin();
      this.#id = plan.id;
      const { name, merges, gpt2Merges } = this.wanted;
      const vocabulary = python.ask("vocabulary", { id: plan.id, merges, gpt2Merges }); // while the first bytes come
      vocabulary.catch(() => {}); // thrown where it is awaited
      await this.#fetch(plan);
      this.tell({ status: "finishing" });
      const before = await vocabulary;
      const { info, times } = await python.ask("finish", { id: plan.id, name });
      const total = Math.round(performance.now() - this.#startedAt);
      this.tell({ status: "ready", info, times: { ...this.#state.times, ...before, ...times, total } });
      await this.#verify(plan);
      this.tell({ status: "done" });
      return this.#state;
    } catch (error) {
      if (!this.#state.info) await python.ask("abandon", { id: this.#id }).catch(() => {});
      throw error;
    } finally {
      source.close();
      this.#entry?.close();
    }
  }

  async #open() {
    const { store } = this.parts;
    if (!store || this.wanted.isLocal) return;
    this.#entry = await store.open(this.wanted.key).catch(() => null);
    this.tell({ isStored: this.#entry !== null });
  }

  /**
   * Tells Python of the header; a stored one that Python does not like is fetched anew.
   *
   * @returns {Promise<Plan>}
   */
  async #begin() {
    const hadBytes = (this.#entry?.held ?? 0) > 0;
    const ask = async () => {
      const header = await readHeader(this.parts.source, this.#entry, this.parts.signal);
      const { config } = this.wanted;
      return this.parts.python.ask("begin", { header, n_bytes: this.parts.source.bytes, config });
    };
    try {
      return await ask();
    } catch (error) {
      const isContent = error instanceof ExplainedError && error.class === "WeightsError";
      if (!hadBytes || !isContent) throw error;
      this.#entry?.clear();
      return ask();
    }
  }

  /** @param {Plan} plan */
  async #fetch(plan) {
    const { source, python, signal } = this.parts;
    const total = lengthOf(plan.spans);
    if (this.#entry && this.#entry.held > total) this.#entry.clear();
    await this.#checkRoom(total);
    if (!this.#entry && this.wanted.sha256) this.#hash = new WholeFileHash(plan.n_bytes, plan.masks);
    this.tell({ status: "fetching", total });
    let written = Promise.resolve();
    const times = { write: 0, layout: 0 };
    try {
      for await (const piece of piecesOf(plan.spans, source, this.#entry, this.#pool, signal)) {
        if (!piece.isStored) this.#keep(piece, plan);
        this.#hash?.add(piece);
        const { loaded, fetched } = this.#state;
        const { begin, bytes } = withoutHeader(piece, plan.data_begin);
        const n = piece.bytes.length;
        await written; // one piece is written while the next one arrives, and no more are held
        written = python.ask("write", { id: plan.id, begin, bytes }, [bytes.buffer]).then((spent) => {
          times.write += spent.write;
          times.layout += spent.layout;
          this.#pool.give(spent.buffer);
        });
        written.catch(() => {}); // thrown where it is awaited
        this.tell({ loaded: loaded + n, fetched: fetched + (piece.isStored ? 0 : n) });
      }
    } finally {
      await written.catch(() => {});
    }
    await written;
    this.#entry?.write({ title: this.wanted.title, bytes: total, isWhole: true });
    this.tell({ times: { fetch: Math.round(performance.now() - this.#startedAt), ...rounded(times) } });
  }

  /**
   * Where there is no room for all of it, none is taken.
   *
   * @param {number} total
   */
  async #checkRoom(total) {
    if (!this.#entry) return;
    const room = (await this.parts.room?.().catch(() => undefined)) ?? Number.POSITIVE_INFINITY;
    if (total - this.#entry.held > room) return this.#giveUpStorage();
    this.#entry.write({ title: this.wanted.title, bytes: total });
  }

  /**
   * @param {import("./content.js").Piece} piece
   * @param {Plan} plan
   */
  #keep(piece, plan) {
    try {
      this.#entry?.append(piece.bytes);
    } catch {
      // The disk is full: go on in memory. What was stored is hashed now, the rest on the way.
      const hash = new WholeFileHash(plan.n_bytes, plan.masks);
      const memory = new Uint8Array(PIECE_BYTES);
      const entry = /** @type {Entry} */ (this.#entry);
      for (const stored of storedPieces(plan.spans, entry, () => memory)) hash.add(stored);
      this.#hash = this.wanted.sha256 ? hash : null;
      this.#giveUpStorage();
    }
  }

  #giveUpStorage() {
    const entry = this.#entry;
    this.#entry = null;
    entry?.clear();
    entry?.close();
    this.tell({ isStored: false });
  }

  /** @param {Plan} plan */
  async #verify(plan) {
    const { sha256 } = this.wanted;
    const { signal } = this.parts;
    if (!sha256) return;
    if (this.#entry?.note.isVerified) return this.tell({ sha256 });
    const startedAt = performance.now();
    const onProgress = (/** @type {number} */ loaded) => this.tell({ status: "verifying", loaded });
    const hash = new WholeFileHash(plan.n_bytes, plan.masks);
    const memory = new Uint8Array(PIECE_BYTES);
    let got = this.#entry
      ? await hashPieces(
          hash,
          storedPieces(plan.spans, this.#entry, () => memory),
          onProgress,
          signal,
        )
      : /** @type {WholeFileHash} */ (this.#hash).hex();
    if (got !== sha256) got = await this.#hashWithMasks(plan, onProgress);
    if (got !== sha256) this.#refuse(sha256, String(got));
    this.#entry?.write({ isVerified: true });
    const times = { ...this.#state.times, verify: Math.round(performance.now() - startedAt) };
    this.tell({ sha256, times });
  }

  /**
   * @param {Plan} plan
   * @param {(loaded: number) => void} onProgress
   */
  async #hashWithMasks(plan, onProgress) {
    const { source, signal } = this.parts;
    const pieces = piecesOf(plan.spans, source, this.#entry, this.#pool, signal);
    const all = withMasks(pieces, source, plan.n_bytes, signal);
    return hashPieces(new WholeFileHash(plan.n_bytes, []), all, onProgress, signal);
  }

  /**
   * @param {string} expected
   * @param {string} got
   */
  #refuse(expected, got) {
    this.#entry?.clear();
    throw new ExplainedError(
      "IntegrityError",
      `${this.parts.source.host} sent other bytes than were published: expected SHA-256 ${expected}, got ${got}; they are deleted`,
      "Press “Try again” to fetch them anew.",
    );
  }
}

/** @param {Record<string, number>} times */
function rounded(times) {
  return Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, Math.round(ms)]));
}
