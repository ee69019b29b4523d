// @ts-check
/**
 * A source that does not give up at once: after a lost connection, or a server that is overloaded, it waits a little
 * longer each time and goes on at the byte where it stopped. Something that arrived starts the count again.
 *
 * @typedef {import("./sources.js").Source} Source
 * @typedef {(seconds: number | null) => void} OnPause  how long it waits now; null: it goes on
 */
import { ExplainedError } from "../errors.js";
import { TemporaryError } from "./sources.js";

export const PAUSES_S = [1, 2, 4, 8, 16];
const RETRY = "Check your connection, then press “Try again”: what has arrived is kept.";

/** @implements {Source} */
export class PersistentSource {
  /**
   * @param {Source} source
   * @param {{pauses?: number[], onPause?: OnPause}} [options]  pauses in seconds
   */
  constructor(source, { pauses = PAUSES_S, onPause = () => {} } = {}) {
    this.source = source;
    this.pauses = pauses;
    this.onPause = onPause;
  }

  get host() {
    return this.source.host;
  }

  get bytes() {
    return this.source.bytes;
  }

  close() {
    this.source.close();
  }

  /**
   * @param {number} begin
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async *read(begin, end, signal) {
    let failures = 0;
    for (;;) {
      let problem;
      try {
        for await (const chunk of this.source.read(begin, end, signal)) {
          begin += chunk.length;
          failures = 0;
          yield chunk;
        }
        if (begin >= end) return;
        problem = new TypeError("the connection ended early");
      } catch (error) {
        const isFinal = error instanceof ExplainedError && !(error instanceof TemporaryError);
        if (signal?.aborted || isFinal) throw error;
        problem = /** @type {Error} */ (error);
      }
      if (failures === this.pauses.length) throw this.#final(problem, begin);
      await this.#pause(this.pauses[failures], signal);
      failures += 1;
    }
  }

  /**
   * @param {number} seconds
   * @param {AbortSignal} [signal]
   */
  async #pause(seconds, signal) {
    this.onPause(seconds);
    await sleep(seconds, signal);
    this.onPause(null);
  }

  /**
   * @param {Error} problem
   * @param {number} at
   */
  #final(problem, at) {
    if (problem instanceof ExplainedError) return problem;
    const where = `at byte ${at.toLocaleString("en")}`;
    const message = `${this.host} could not be reached, ${this.pauses.length + 1} times ${where} (${problem.message})`;
    return new ExplainedError("NetworkError", message, RETRY);
  }
}

/**
 * Ends early when the network comes back.
 *
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 */
function sleep(seconds, signal) {
  return new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", end);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    globalThis.addEventListener?.("online", end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
