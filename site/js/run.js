// @ts-check
/**
 * One generation: what was asked, what has come so far, and how fast.
 *
 *     queued ──► running ──► done
 *        │          ├──────► failed
 *        └──────────┴──────► stopped
 *
 * @typedef {"queued" | "running" | "done" | "failed" | "stopped"} RunStatus
 *
 * @typedef {object} Settings
 * @property {number} n_tokens
 * @property {boolean} greedy
 * @property {number} temperature
 * @property {number} top_k         0: off
 * @property {number} top_p         1: off
 * @property {number | null} seed   null: another one each time
 * @property {boolean} slide        when the context is full, go on without the older half of the text
 *
 * @typedef {{id: number, text: string, probability: number}} Alternative
 *
 * @typedef {object} Token
 * @property {number} id
 * @property {string} text          empty when the token ends inside a character; the next one then brings it whole
 * @property {number} probability
 * @property {Alternative[]} alternatives  the five likeliest, likeliest first
 *
 * @typedef {{type: "prompt", ids: number[], n_ctx: number, seed: number}} PromptEvent
 * @typedef {{type: "end", reason: "length" | "context" | "end_of_text", text: string}} EndEvent
 * @typedef {PromptEvent | EndEvent | ({type: "token"} & Token)} RunEvent
 */

/** @type {Settings} */
export const DEFAULT_SETTINGS = {
  n_tokens: 80,
  greedy: false,
  temperature: 0.8,
  top_k: 40,
  top_p: 1,
  seed: null,
  slide: false,
};

export class Run {
  /** @type {RunStatus} */
  status = "queued";
  /** @type {Token[]} */
  tokens = [];
  /** @type {PromptEvent | null} what the model made of the prompt */
  start = null;
  /** @type {EndEvent | null} */
  end = null;
  /** @type {Set<string>} the kinds of matrix product that its tokens came by */
  matmuls = new Set();
  #controller = new AbortController();
  #startedAt = 0;
  #firstTokenAt = 0;
  #lastTokenAt = 0;

  /**
   * @param {string | number[]} prompt
   * @param {Settings} settings
   * @param {string} model  its name
   */
  constructor(prompt, settings, model) {
    this.prompt = prompt;
    this.settings = settings;
    this.model = model;
  }

  get signal() {
    return this.#controller.signal;
  }

  get isActive() {
    return this.status === "queued" || this.status === "running";
  }

  begin() {
    this.status = "running";
    this.#startedAt = performance.now();
  }

  stop() {
    if (!this.isActive) return;
    this.status = "stopped";
    this.#controller.abort();
  }

  fail() {
    if (this.isActive) this.status = "failed";
  }

  /**
   * @param {RunEvent} event
   * @param {string} [matmul]  the kind of matrix product in use
   */
  add(event, matmul) {
    if (event.type === "prompt") this.start = event;
    else if (event.type === "end") {
      this.end = event;
      this.status = "done";
    } else {
      this.tokens.push(event);
      if (matmul) this.matmuls.add(matmul);
      this.#lastTokenAt = performance.now();
      this.#firstTokenAt ||= this.#lastTokenAt;
    }
  }

  /** What was generated. */
  get text() {
    return this.tokens.map((token) => token.text).join("") + (this.end?.text ?? "");
  }

  /** Milliseconds from the start to the first token; 0 before it. */
  get firstTokenMs() {
    return this.#firstTokenAt && this.#firstTokenAt - this.#startedAt;
  }

  /** Tokens per second since the first one (reading the prompt takes its own time); 0 before the second. */
  get tokensPerSecond() {
    const elapsed = this.#lastTokenAt - this.#firstTokenAt;
    return elapsed > 0 ? ((this.tokens.length - 1) * 1000) / elapsed : 0;
  }
}
