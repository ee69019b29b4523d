// @ts-check
/**
 * The reader's edits of the model, for all pages: what stands in editors (drafts), what runs in Python (`engine.edits`),
 * and what the last run of an edit came to, beside the model as it came.
 *
 *     run() ──► the text goes into Python's model ──► before and after, token by token ──► done
 *       └─────────────────── error: the model stays as it was          stop(): no more of it
 *
 * Code that never returns cannot be asked to stop: when Python does not answer, its worker is ended and another one
 * started. Drafts stay, and nothing of them runs by itself.
 *
 * @typedef {import("./errors.js").PlainError} PlainError
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {{text: string, page: string, title: string}} Draft  and where it was written
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
 */
import { engine } from "./engine.js";
import { explain } from "./errors.js";
import { drain } from "./protocol.js";

const PATIENCE_MS = 1000; // how long Python may take to answer after a Stop
const N_TOKENS = 40; // both models write, and each reads what the other has written
const SEED = 1; // both begin with the same one
const PROMPT = "ROMEO:\nBut soft, what light"; // on a page without a box, before anything was typed

export class Edits extends EventTarget {
  /** @type {Map<string, Draft>} */
  drafts = new Map();
  /** @type {Outcome | null} */
  outcome = null;
  #controller = new AbortController();

  /** @param {Engine} engine */
  constructor(engine) {
    super();
    this.engine = engine;
    engine.addEventListener("edits", () => this.#announce());
    engine.addEventListener("stop", () => {
      if (Object.keys(engine.edits).length) this.#endIfSilent();
    });
  }

  get isWorking() {
    return this.outcome?.status === "working";
  }

  /**
   * Keeps what a reader types.
   *
   * @param {string} name  of a function of model.py, or "model" for all of it
   * @param {string} text
   */
  keep(name, text) {
    this.drafts.set(name, { text, page: location.pathname, title: document.title });
  }

  /**
   * Puts a text in a function's place, and shows before and after. Never throws: see `outcome`.
   *
   * @param {string} name
   * @param {string} text
   * @param {string | number[]} [prompt]
   */
  async run(name, text, prompt = this.prompt) {
    this.#controller.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.keep(name, text);
    const settings = this.#settings();
    /** @type {Outcome} */
    const outcome = { name, status: "working", prompt, settings, moved: null, tokens: [], error: null };
    this.outcome = outcome;
    this.#announce();
    try {
      await this.#ready(signal);
      this.engine.stop();
      this.engine.noteEdits(await this.ask("edit", [name, text], signal));
      await this.#compare(outcome, signal);
      outcome.status = "done";
    } catch (error) {
      outcome.status = signal.aborted ? "stopped" : "failed";
      outcome.error = signal.aborted ? null : explain(error);
    }
    this.#announce();
  }

  /** Ends what is at work; if Python does not answer then, with its worker. */
  stop() {
    if (!this.isWorking) return;
    this.#controller.abort();
    this.#endIfSilent();
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
    // an edit that was given up on its way may have arrived in Python all the same
    if (this.engine.state.info) this.engine.noteEdits(await this.ask("restore", [name]));
    this.#announce();
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

  async #endIfSilent() {
    if (!this.engine.state.info) return;
    const silence = new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
    const answer = drain(this.engine.ask("experiment", { name: "edits", args: [] })).catch(() => null);
    const edits = await Promise.race([answer, silence]);
    if (edits) this.engine.noteEdits(edits);
    else this.engine.restart();
  }

  #announce() {
    this.dispatchEvent(new Event("change"));
  }
}

export const edits = new Edits(engine);
