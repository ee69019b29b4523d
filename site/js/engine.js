// @ts-check
/**
 * The one engine of the whole site: a worker with Python and models in it, and the run that every prompt box shows.
 * It is a singleton of this module, so it outlives the pages that the theme's instant navigation swaps.
 *
 *     booting ──► loading ──► ready ◄──► generating
 *        │           │ ▲        │ choose()    │
 *        │           │ └────────┴─────────────┤
 *        └───────────┴──► error ◄─────────────┘        restart() leads from a broken engine back to booting
 *
 * Events: "state" (phase, progress, models, error), "output" (the run), "prompt" (something was typed), "edits" (the
 * model in Python was changed, or is as it came again), "stop" (the reader will have no more of the run) and "restart"
 * (Python begins anew, and nothing is left of what was in it).
 *
 * @typedef {import("./errors.js").PlainError} PlainError
 * @typedef {import("./protocol.js").Connection} Connection
 * @typedef {import("./run.js").Settings} Settings
 * @typedef {import("./weights.js").ModelEntry} ModelEntry
 * @typedef {import("./offers.js").Offer} Offer
 * @typedef {Pick<Worker, "postMessage" | "addEventListener" | "terminate">} WorkerLike
 *
 * @typedef {"booting" | "loading" | "ready" | "generating" | "error"} Phase
 * @typedef {{what: string, loaded: number, total: number}} Progress  in bytes; total 0: not known yet
 * @typedef {PlainError & {canRetry: boolean}} EngineError
 *
 * @typedef {object} ModelInfo  what Python says of a loaded model
 * @property {string} name
 * @property {number} n_layer
 * @property {number} n_head
 * @property {number} n_embd
 * @property {number} n_ctx
 * @property {number} n_vocab
 * @property {number} n_params
 * @property {boolean} has_vocabulary
 * @property {string} matmul     how products are computed
 * @property {string[]} matmuls  how they could be
 *
 * @typedef {{layer: number, head: number, token: number}} Focus  where the reader looks; token -1 is the last one
 * @typedef {{value: any} | {error: PlainError}} Answer
 * @typedef {{focus: Focus, ids: number[], pieces: string[], model: ModelInfo, answers: Answer[]}} Inspection
 *
 * @typedef {object} State
 * @property {Phase} phase
 * @property {Progress | null} progress  of what is waited for
 * @property {EngineError | null} error
 * @property {ModelEntry[]} models       that the site offers
 * @property {ModelInfo | null} info     of the chosen model, once it is loaded
 * @property {Record<string, number>} times  of the parts of the last start, in milliseconds
 *
 * @typedef {object} Session  what a reader typed and chose: the next page's box shows it again
 * @property {string | null} prompt      null: nothing typed yet
 * @property {Settings} settings
 * @property {string} model              its name; empty until the index is here
 */
import { Arrivals, isPublished } from "./arrivals.js";
import { ExplainedError, explain } from "./errors.js";
import { Models } from "./models.js";
import { connect, drain } from "./protocol.js";
import { DEFAULT_SETTINGS, Run } from "./run.js";
import { downloadText, fetchIndex } from "./weights.js";
import { createConfinedWorker, createWorker } from "./worker-factory.js";

/** After one of these, Python in the worker can be used no more. */
const FATAL = new Set(["WorkerError", "CrashedError", "ProtocolError"]);

export class Engine extends EventTarget {
  /** @type {Session} */
  session = { prompt: null, settings: { ...DEFAULT_SETTINGS }, model: "" };
  /** @type {Run | null} */
  run = null;
  /** @type {Readonly<Record<string, string>>} the texts that stand in the running model, by function: see edits.js */
  edits = {};
  /** @type {WorkerLike | null} */
  #worker = null;
  /** @type {Connection | null} */
  #connection = null;
  #isBooted = false;
  /** How often a worker was started. */
  nWorkers = 0;
  #models;
  #loading = new AbortController();
  /** @type {Progress | null} */
  #bootProgress = null;
  /** @type {Progress | null} */
  #loadProgress = null;
  /** @type {EngineError | null} */
  #error = null;
  /** @type {Record<string, number>} */
  #times = {};

  /**
   * @param {object} parts
   * @param {URL} parts.base  the site's root
   * @param {() => WorkerLike} parts.createWorker
   * @param {() => WorkerLike} [parts.createLoader]
   * @param {(base: URL) => Promise<ModelEntry[]>} [parts.index]
   */
  constructor({ base, createWorker, createLoader = createWorker, index = fetchIndex }) {
    super();
    this.base = base;
    this.createWorker = createWorker;
    this.#models = new Models(() => index(base));
    this.arrivals = new Arrivals({
      createLoader: () =>
        /** @type {import("./protocol.js").Port & {terminate: () => void}} */ (createLoader()),
      python: () => this.#connection,
      models: () => this.#models.read(),
      folder: this.#modelsFolder,
      makeRoom: () => this.#makeRoom(),
      onChange: () => this.#announce("state"),
      onReady: (offer, info, times) => this.#welcome(offer, info, times),
      onWrong: (name) => this.#dismiss(name),
      onError: (error) => this.#fail(error, false),
    });
  }

  /** @returns {State} */
  get state() {
    const phase = this.#phase();
    const loading = this.arrivals.progressOf(this.session.model) ?? this.#loadProgress;
    const progress = phase === "booting" ? this.#bootProgress : phase === "loading" ? loading : null;
    const info = this.#models.info(this.session.model);
    return { phase, progress, error: this.#error, models: this.#models.entries, info, times: this.#times };
  }

  /** Boots Python and loads a model, unless that was done or begun. */
  start() {
    if (!this.#connection && !this.#error) this.restart();
  }

  /**
   * Throws the worker away and begins anew, also after a crash. What is queued stays queued.
   *
   * @param {{comeBack?: boolean}} [options]  whether a model that did not come with the site is loaded again
   */
  restart({ comeBack = false } = {}) {
    this.#worker?.terminate();
    this.nWorkers += 1;
    this.#connection = null;
    if (this.run?.status === "running") this.run.stop();
    this.arrivals.cancel();
    const { arrived, shipped } = this.#models;
    const back = comeBack && arrived?.wanted.name === this.session.model ? arrived : null;
    if (!back && !shipped.some(({ name }) => name === this.session.model)) this.session.model = "";
    this.#isBooted = false;
    this.#models.clear(back?.wanted.name);
    this.noteEdits({}); // they went with the worker
    this.#announce("restart");
    this.#error = null;
    this.#times = {};
    this.#bootProgress = { what: "Pyodide", loaded: 0, total: 0 };
    try {
      this.#worker = this.createWorker();
    } catch (error) {
      this.#fail(error);
      return;
    }
    const connection = connect(/** @type {import("./protocol.js").Port} */ (this.#worker));
    this.#connection = connection;
    connection.failed.then((error) => this.#guard(connection, Promise.reject(error)));
    this.#guard(connection, Promise.all([this.#boot(connection), this.#findModel(connection)]));
    if (back) this.#guard(connection, this.#comeBack(back, connection));
    this.#announce("state");
  }

  /**
   * Chooses a model, loading it if need be.
   *
   * @param {string} name
   */
  choose(name) {
    if (name === this.session.model && !this.#error) return;
    const entry = this.#models.find(name);
    if (entry && isPublished(entry) && !this.#models.isLoaded(name))
      return this.arrivals.offerPublished(name);
    this.stop();
    if (this.arrivals.progressOf(this.session.model)) this.arrivals.cancel(); // it was coming back: not any more
    this.session.model = name;
    if (this.#error && !this.#isBooted) return this.restart();
    this.#error = null;
    if (this.#connection) this.#guard(this.#connection, this.#load(this.#connection));
    this.#announce("state");
  }

  /**
   * Generates, as soon as the engine can; what ran before stops.
   *
   * @param {string | number[]} prompt
   * @param {Settings} settings
   */
  generate(prompt, settings) {
    this.run?.stop();
    this.run = new Run(prompt, settings, this.session.model);
    if (!this.#error?.canRetry) this.#error = null;
    this.#announce("output");
    this.#continue();
  }

  /**
   * What the views of a page show of a text; see `picogpt.browser.inspect`. Ask only while there is a model in
   * `state.info`.
   *
   * @param {{prompt: string | number[], focus: Focus, wants: object[]}} question
   * @returns {Promise<Inspection>}
   */
  inspect(question) {
    return drain(this.ask("inspect", question));
  }

  /**
   * Asks Python about the chosen model. Throws where none is loaded.
   *
   * @param {"inspect" | "compare" | "experiment" | "train" | "training"} kind
   * @param {object} payload
   * @param {import("./protocol.js").AskOptions} [options]
   */
  async *ask(kind, payload, options) {
    const connection = this.#connection;
    if (!connection || !this.state.info) throw new ExplainedError("NotReadyError", "No model is loaded yet.");
    try {
      return yield* connection.ask(kind, { model: this.session.model, ...payload }, options);
    } catch (error) {
      if (connection === this.#connection && FATAL.has(explain(error).class)) this.#fail(error);
      throw error;
    }
  }

  /**
   * Python's model now has these texts in it.
   *
   * @param {Record<string, string>} edits
   */
  noteEdits(edits) {
    this.edits = edits;
    this.#announce("edits");
  }

  /**
   * Keeps what a reader types and chooses, for the next page's box and for the views of this one.
   *
   * @param {Pick<Session, "prompt" | "settings">} typed
   */
  remember(typed) {
    Object.assign(this.session, typed);
    this.dispatchEvent(new Event("prompt"));
  }

  /** Whether PyTorch's logits are recorded for the model in use. */
  get hasParity() {
    return Boolean(this.#chosen?.files.parity);
  }

  /** @returns {Promise<{difference: number, n: number, recordedWith: string}>} */
  async compareWithPyTorch() {
    const file = this.#chosen?.files.parity;
    if (!file || !this.#connection)
      throw new ExplainedError("ParityError", "Nothing is recorded for this model.");
    const { with: recordedWith, prompts } = JSON.parse(await downloadText(this.#modelsFolder, file));
    const payload = { model: this.session.model, prompts };
    return { recordedWith, ...(await drain(this.#connection.ask("parity", payload))) };
  }

  get #chosen() {
    return this.#models.find(this.session.model);
  }

  /**
   * A model has arrived: the next run uses it.
   *
   * @param {Offer} offer
   * @param {ModelInfo} info
   * @param {Record<string, number>} times
   */
  #welcome(offer, info, times) {
    this.#models.welcome(offer, info);
    this.session.model = offer.wanted.name;
    this.#times = { ...this.#times, ...times };
    this.#continue();
  }

  /**
   * Loads a model again from where it is at hand: this browser's storage, or a file on this device. Elsewhere it is
   * offered, and the site's own model serves meanwhile.
   *
   * @param {Offer} offer
   * @param {Connection} connection
   */
  async #comeBack(offer, connection) {
    const { name } = offer.wanted;
    const note =
      "Python was started anew, and this browser has not kept the model: it has to be fetched again.";
    await this.arrivals.bringBack({ ...offer, note });
    if (connection !== this.#connection || this.#models.isLoaded(name)) return;
    await this.#dismiss(name);
    this.#continue();
  }

  /**
   * A model that Python made in this page is one to choose, or is another one by now.
   *
   * @param {ModelEntry} entry
   * @param {ModelInfo} info
   */
  adopt(entry, info) {
    this.#models.adopt(entry, info);
    this.#announce("state");
    if (this.session.model === entry.name) this.dispatchEvent(new Event("prompt")); // views ask the new one
  }

  async #makeRoom() {
    for (const name of this.#models.large) await this.#dismiss(name);
  }

  /**
   * Lets go of a model that did not come with the site.
   *
   * @param {string} name
   */
  async #dismiss(name) {
    if (this.run?.model === name) this.stop();
    this.#models.dismiss(name);
    if (this.session.model === name) this.session.model = this.#models.shipped[0]?.name ?? "";
    this.#announce("state");
    if (this.#connection) await drain(this.#connection.ask("unload", { name }));
  }

  get #modelsFolder() {
    return new URL("models/", this.base);
  }

  /** Stops the run, or takes it out of the queue. */
  stop() {
    if (!this.run?.isActive) return;
    this.run.stop();
    this.#announce("stop");
    this.#announce("output");
    this.#announce("state");
  }

  /**
   * Chooses how products are computed, even while a run goes on.
   *
   * @param {string} kind  one of `state.info.matmuls`
   */
  async useMatmul(kind) {
    if (!this.#connection) return;
    const matmul = await drain(this.#connection.ask("matmul", { kind }), () => {});
    this.#models.useMatmul(matmul);
    this.#announce("state");
  }

  /** @returns {Phase} */
  #phase() {
    if (this.#error) return "error";
    if (!this.#isBooted) return "booting";
    if (!this.#models.isLoaded(this.session.model)) return "loading";
    return this.run?.status === "running" ? "generating" : "ready";
  }

  /** @param {Connection} connection */
  async #boot(connection) {
    const { times } = await drain(connection.ask("boot", { base: this.base.href }), (progress) => {
      this.#bootProgress = { what: "Pyodide", ...progress };
      this.#announce("state");
    });
    if (connection !== this.#connection) return;
    this.#isBooted = true;
    Object.assign(this.#times, times);
    this.#continue();
  }

  /** @param {Connection} connection */
  async #findModel(connection) {
    await this.#models.read();
    const { shipped } = this.#models;
    if (shipped.length === 0) {
      throw new ExplainedError(
        "DownloadError",
        "models/index.json: the site has no model",
        "Build the site again.",
      );
    }
    this.session.model ||= shipped[0].name;
    const chosen = shipped.find(({ name }) => name === this.session.model) ?? shipped[0];
    if (connection === this.#connection) await this.#load(connection, chosen.name);
  }

  /**
   * Loads a model of the site; leaves the loading of another one.
   *
   * @param {Connection} connection
   * @param {string} [wanted]  its name; without one the chosen model
   */
  async #load(connection, wanted = this.session.model) {
    this.#loading.abort();
    const entry = this.#models.find(wanted);
    if (!entry || this.#models.isLoaded(entry.name)) return this.#continue();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#loadProgress = { what: entry.title, loaded: 0, total: 0 };
    const payload = { base: this.base.href, entry };
    try {
      const { info, times } = await drain(connection.ask("load", payload, { signal }), (progress) => {
        this.#loadProgress = { what: entry.title, ...progress };
        this.#announce("state");
      });
      if (connection !== this.#connection) return;
      this.#models.load(entry.name, info);
      Object.assign(this.#times, times);
      this.#continue();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Starts what is queued if everything is there. */
  #continue() {
    if (this.#phase() === "ready" && this.run?.status === "queued") this.#execute(this.run);
    this.#announce("state");
  }

  /** @param {Run} run */
  async #execute(run) {
    const connection = /** @type {Connection} */ (this.#connection);
    run.model = this.session.model;
    run.begin();
    const { prompt, settings, model, signal } = run;
    try {
      for await (const event of connection.ask("generate", { model, prompt, settings }, { signal })) {
        run.add(event, this.#models.info(model)?.matmul);
        this.#announce("output");
      }
    } catch (error) {
      if (signal.aborted || connection !== this.#connection) return;
      this.#fail(error, FATAL.has(explain(error).class));
    }
    if (run === this.run) this.#announce("state");
  }

  /**
   * Tells what went wrong with a connection, unless another one has taken its place.
   *
   * @param {Connection} connection
   * @param {Promise<unknown>} work
   */
  #guard(connection, work) {
    work.catch((error) => {
      if (connection === this.#connection) this.#fail(error);
    });
  }

  /**
   * @param {unknown} error
   * @param {boolean} canRetry  by a restart
   */
  #fail(error, canRetry = true) {
    this.#error = { ...explain(error), canRetry };
    if (FATAL.has(this.#error.class)) this.#isBooted = false;
    if (this.run?.status === "running") this.run.fail();
    this.#announce("output");
    this.#announce("state");
  }

  /** @param {"state" | "output" | "edits" | "stop" | "restart"} type */
  #announce(type) {
    this.dispatchEvent(new Event(type));
  }
}

/** The site's root is the parent of the folder of this module, wherever the site lives. */
const base = new URL("../", import.meta.url);

/** What the worker imports in any case, some of it late. */
const EARLY = [
  "js/boot.js",
  "js/interpreter.js",
  "js/packages.js",
  "js/python.js",
  "js/runtime.js",
  "js/sgemm.js",
  "pyodide/pyodide.mjs",
  "pyodide/pyodide.asm.mjs",
];
const at = (/** @type {string} */ path) => new URL(path, base);

export const engine = new Engine({
  base,
  createWorker: () => createConfinedWorker(at("js/worker.js"), EARLY.map(at)),
  createLoader: () => createWorker(at("js/loader-worker.js")),
});
