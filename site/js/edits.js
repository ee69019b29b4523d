// @ts-check
/**
 * The reader's edits of the model, for all pages: what stands in editors (drafts), what runs in Python (`engine.edits`),
 * and what the last run of an edit came to, beside the model as it came.
 *
 *     run() ──► the text goes into Python's model ──► before and after, token by token ──► done
 *       └─────────────────── error: the model stays as it was          stop(): no more of it
 *
 * Code that never returns cannot be asked to stop: when Python does not answer in time (see patience.js), or at a second
 * stop(), its worker is ended and another one started, with the same model. Drafts stay, and nothing of them runs by
 * itself.
 *
 * @typedef {import("./errors.js").PlainError} PlainError
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {{text: string, page: string}} Draft  and where it was written
 * @typedef {import("./run.js").Token & {side: "original" | "edited", other: number}} SidedToken
 *
 * @typedef {object} Moved  how far the next token's logits have moved
 * @property {number} largest
 * @property {string[]} texts
 * @property {number[]} before  probabilities
 * @property {number[]} after
 * @property {number[]} [donor]
 *
 * @typedef {object} Outcome  of the last run
 * @property {string} name  the edit's
 * @property {"working" | "done" | "stopped" | "failed"} status
 * @property {string | number[]} prompt
 * @property {import("./run.js").Settings} settings
 * @property {Moved | null} moved
 * @property {SidedToken[]} tokens
 * @property {PlainError | null} error
 * @property {boolean} wasEnded  Python did not answer, so its worker was ended
 */
import { engine } from "./engine.js";
import { explain } from "./errors.js";
import { patienceMs } from "./patience.js";
import { drain } from "./protocol.js";

const N_TOKENS = 40; // both models write, and each reads what the other has written
const SEED = 1; // both begin with the same one
const PROMPT = "ROMEO:\nBut soft, what light"; // on a page without a box, before anything was typed

export class Edits extends EventTarget {
  /** @type {Map<string, Draft>} */
  drafts = new Map();
  /** @type {Outcome | null} */
  outcome = null;
  /** @type {Record<string, string>} the texts of all functions that are not as they came, as they run now */
  changed = {};
  /** How long Python may take to answer now that it was asked to stop; 0: it was not. */
  graceMs = 0;
  #controller = new AbortController();
  #isPutting = false;
  #endNow = () => {};

  /** @param {Engine} engine */
  constructor(engine) {
    super();
    this.engine = engine;
    engine.addEventListener("edits", () => this.#look());
    engine.addEventListener("stop", () => {
      if (Object.keys(engine.edits).length && !this.isWorking) this.#waitFor(this.#sayEdits());
    });
  }

  /** A text is being tried out, or writes. */
  get isWorking() {
    return this.#isPutting || this.outcome?.status === "working";
  }

  /** Python was asked to stop, and has not answered yet. */
  get isStopping() {
    return this.graceMs > 0;
  }

  /**
   * Keeps what a reader types.
   *
   * @param {string} name  of a function of model.py, or "model" for all of it
   * @param {string} text
   * @param {string} [page]  where it is to be found again
   */
  keep(name, text, page = location.pathname) {
    this.drafts.set(name, { text, page });
  }

  /**
   * Puts a text in a function's place, and shows before and after. Never throws: see `outcome`.
   *
   * @param {string} name
   * @param {string} text
   * @param {string | number[]} [prompt]
   */
  async run(name, text, prompt = this.prompt) {
    const signal = this.#begin();
    this.keep(name, text);
    const settings = this.#settings();
    /** @type {Outcome} */
    const outcome = {
      name,
      status: "working",
      prompt,
      settings,
      moved: null,
      tokens: [],
      error: null,
      wasEnded: false,
    };
    this.outcome = outcome;
    this.#announce();
    try {
      await this.#put({ [name]: text }, signal);
      await this.#compare(outcome, signal);
      outcome.status = "done";
    } catch (error) {
      outcome.status = signal.aborted ? "stopped" : "failed";
      outcome.error = signal.aborted ? null : explain(error);
    }
    this.#announce();
  }

  /**
   * Puts somebody else's texts into the model, and lets nothing write yet. Throws what is wrong with them; the model is
   * then as it was before the first that failed.
   *
   * @param {Record<string, string>} texts
   * @param {string} page  where the reader finds them again
   */
  async put(texts, page) {
    const signal = this.#begin();
    for (const [name, text] of Object.entries(texts)) this.keep(name, text, page);
    this.#isPutting = true;
    this.#announce();
    try {
      await this.#put(texts, signal);
    } finally {
      this.#isPutting = false;
      this.#announce();
    }
  }

  /** Ends what is at work; if Python does not answer then, with its worker. The second time at once. */
  stop() {
    if (this.isStopping) return this.#endNow();
    if (!this.isWorking) return;
    this.#controller.abort();
    this.#waitFor(this.#sayEdits());
  }

  /**
   * Takes an edit out; without a name all of them.
   *
   * @param {string | null} [name]
   */
  async restore(name = null) {
    this.#controller.abort();
    if (name === null) this.drafts.clear();
    else this.drafts.delete(name);
    if (name === null || this.outcome?.name === name) this.outcome = null;
    this.#announce();
    // an edit that was given up on its way may have arrived in Python all the same
    if (this.engine.state.info) await this.#waitFor(this.ask("restore", [name]));
  }

  /**
   * Calls a function of picogpt.browser_edits.
   *
   * @param {string} name
   * @param {unknown[]} args
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async ask(name, args, signal) {
    await this.#ready(signal);
    return drain(this.engine.ask("experiment", { name, args }, { signal }));
  }

  /** What stands in the page's box, or would. */
  get prompt() {
    const box = /** @type {import("./widgets/prompt-box.js").PromptBox | null} */ (
      document.querySelector("prompt-box")
    );
    return box?.prompt ?? this.engine.session.prompt ?? PROMPT;
  }

  #settings() {
    const { settings } = this.engine.session;
    return { ...settings, n_tokens: Math.min(settings.n_tokens || 1, N_TOKENS), seed: settings.seed ?? SEED };
  }

  /** @param {Outcome} outcome @param {AbortSignal} signal */
  async #compare(outcome, signal) {
    const { prompt, settings } = outcome;
    outcome.moved = await this.ask("moved", [prompt], signal);
    this.#announce();
    for await (const event of this.engine.ask("compare", { prompt, settings }, { signal })) {
      if (event.type === "token") outcome.tokens.push(event);
      this.#announce();
    }
  }

  /**
   * Until a model is there.
   *
   * @param {AbortSignal} [signal]
   */
  async #ready(signal) {
    this.engine.start();
    while (!this.engine.state.info) {
      const { error } = this.engine.state;
      if (error) throw error;
      signal?.throwIfAborted();
      await new Promise((resolve) => {
        this.engine.addEventListener("state", resolve, { once: true });
        signal?.addEventListener("abort", resolve, { once: true });
      });
    }
    signal?.throwIfAborted();
  }

  #begin() {
    this.#controller.abort();
    this.#controller = new AbortController();
    return this.#controller.signal;
  }

  /** @param {Record<string, string>} texts @param {AbortSignal} signal */
  async #put(texts, signal) {
    await this.#ready(signal);
    this.engine.stop();
    for (const [name, text] of Object.entries(texts))
      this.engine.noteEdits(await this.ask("edit", [name, text], signal));
  }

  #sayEdits() {
    return drain(this.engine.ask("experiment", { name: "edits", args: [] }));
  }

  /**
   * Waits for Python to say what is edited; if it does not, its worker is ended.
   *
   * @param {Promise<Record<string, string>>} answer
   */
  async #waitFor(answer) {
    const { engine, outcome } = this;
    const isHeard = answer.then(
      (edits) => {
        engine.noteEdits(edits);
        return true;
      },
      () => true, // its worker is gone, or the engine tells what is wrong
    );
    if (!engine.state.info || this.isStopping) return;
    const worker = engine.nWorkers;
    this.graceMs = patienceMs(engine.state.info, outcome?.prompt ?? this.prompt);
    this.#announce();
    const silence = new Promise((/** @type {(value: false) => void} */ resolve) => {
      this.#endNow = () => resolve(false);
    });
    const timer = setTimeout(this.#endNow, this.graceMs);
    const isAlive = await Promise.race([isHeard, silence]);
    clearTimeout(timer);
    this.graceMs = 0;
    if (!isAlive && worker === engine.nWorkers) {
      if (outcome) outcome.wasEnded = true;
      engine.restart({ comeBack: true });
    }
    this.#announce();
  }

  /** The model was changed: which of its functions are not as they came? */
  async #look() {
    const { edits } = this.engine;
    this.#announce();
    const isEdited = Object.keys(edits).length > 0;
    const changed = isEdited ? await this.ask("changed", []).catch(() => ({})) : {};
    if (edits !== this.engine.edits) return; // changed again meanwhile
    this.changed = changed;
    this.#announce();
  }

  #announce() {
    this.dispatchEvent(new Event("change"));
  }
}

export const edits = new Edits(engine);
