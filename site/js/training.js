// @ts-check
/**
 * The one training run of the site: Python trains in the worker, slice by slice, and this keeps what it tells. Like the
 * engine it is a singleton of this module, so a run goes on while its reader visits other pages.
 *
 *     idle ──► preparing ──► running ──► pausing ──► paused ──► running …
 *                               ├──► done
 *                               └──► failed            reset() leads back to idle from everywhere
 *
 * Event: "change".
 *
 * @typedef {import("./errors.js").PlainError} PlainError
 * @typedef {"idle" | "preparing" | "running" | "pausing" | "paused" | "done" | "failed"} Status
 * @typedef {{size: string, n_steps: number, learning_rate: number, seed: number}} Choice  see picogpt.tiny
 * @typedef {{n_tokens: number, n_held_out: number, n_params: number, n_steps: number, tokens_per_step: number,
 *   blind_loss: number, n_vocab: number}} About
 * @typedef {{step: number, loss: number, mean: number, elapsed_s: number}} Step
 * @typedef {{step: number, loss: number}} HeldOut
 * @typedef {{step: number, text: string, is_whole: boolean}} Sample
 */
import { engine } from "./engine.js";
import { explain } from "./errors.js";
import { drain } from "./protocol.js";

export const TRAINED = "trained"; // picogpt.browser_training.TRAINED
const N_RECENT = 20; // steps

export class Training extends EventTarget {
  /** @type {Status} */
  status = "idle";
  /** Of the text. */
  title = "";
  /** @type {About | null} */
  about = null;
  /** @type {Step[]} */
  steps = [];
  /** @type {HeldOut[]} */
  heldOut = [];
  /** @type {Sample[]} */
  samples = [];
  /** @type {PlainError | null} */
  error = null;
  /** Whether there is a model to be saved, of this run or an earlier one. */
  hasModel = false;
  #controller = new AbortController();

  /** @param {import("./engine.js").Engine} engine */
  constructor(engine) {
    super();
    this.engine = engine;
    engine.addEventListener("restart", () => this.#lose());
  }

  get isActive() {
    return ["preparing", "running", "pausing"].includes(this.status);
  }

  get n_done() {
    return this.steps.at(-1)?.step ?? 0;
  }

  /**
   * Trains a new model on a text.
   *
   * @param {string} text
   * @param {string} title
   * @param {Choice} choice
   */
  start(text, title, choice) {
    if (this.isActive) return;
    this.#clear();
    this.title = title;
    this.#set("preparing");
    return this.#run(async (signal) => {
      this.about = await this.#ask("begin_training", [text, choice], signal);
      await this.#go(signal);
    });
  }

  /** Goes on after a pause. */
  resume() {
    if (this.status !== "paused" && this.status !== "failed") return;
    this.error = null;
    return this.#run((signal) => this.#go(signal));
  }

  /** Stops after the slice at hand. */
  async pause() {
    if (this.status !== "running") return;
    this.#set("pausing");
    await this.#ask("pause_training", []).catch(() => {}); // the stream tells what is wrong
  }

  /** Gives the run up. The model as it was last stays among the models. */
  async reset() {
    this.#controller.abort();
    this.#clear();
    this.#set("idle");
    await this.#ask("forget_training", []).catch(() => {});
  }

  /**
   * The Python that a choice stands for.
   *
   * @param {Choice} choice
   * @returns {Promise<string>}
   */
  recipe(choice) {
    return this.#ask("training_recipe", [choice]);
  }

  /**
   * The model as a zip file.
   *
   * @param {string} folder  in it
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  packed(folder) {
    return this.#ask("trained_model", [folder]);
  }

  /** Tokens a second within the steps, as of late; 0: not known. */
  get tokensPerSecond() {
    const recent = this.steps.slice(-N_RECENT);
    const elapsed_s = recent.reduce((sum, step) => sum + step.elapsed_s, 0);
    return elapsed_s > 0 ? (recent.length * (this.about?.tokens_per_step ?? 0)) / elapsed_s : 0;
  }

  /** Seconds until the last step, without what is measured between the steps. */
  get secondsLeft() {
    const { about } = this;
    const rate = this.tokensPerSecond;
    return about && rate > 0 ? ((about.n_steps - this.n_done) * about.tokens_per_step) / rate : 0;
  }

  /** @param {(signal: AbortSignal) => Promise<void>} work */
  async #run(work) {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.error = explain(error);
      this.#set("failed");
    }
  }

  /** @param {AbortSignal} signal */
  async #go(signal) {
    this.#set("running");
    for await (const event of this.engine.ask("train", {}, { signal })) {
      if (signal.aborted) return;
      this.#take(event);
      if (event.type !== "end") this.#set(this.status);
    }
  }

  /** @param {any} event  of picogpt.browser_training.train */
  #take(event) {
    if (event.type === "step") this.steps.push(event);
    else if (event.type === "held_out") put(this.heldOut, event);
    else if (event.type === "sample") put(this.samples, event);
    else if (event.type === "model" && event.info) this.#adopt(event);
    else if (event.type === "end") this.#set(event.reason);
  }

  /** @param {{step: number, info: import("./engine.js").ModelInfo}} event */
  #adopt({ step, info }) {
    this.hasModel = true;
    const title = `Trained here: ${this.title}, step ${step}`;
    this.engine.adopt({ name: TRAINED, title, files: /** @type {any} */ ({}), isTrained: true }, info);
  }

  /**
   * @param {string} name
   * @param {any[]} args
   * @param {AbortSignal} [signal]
   */
  #ask(name, args, signal) {
    return drain(this.engine.ask("training", { name, args }, { signal }));
  }

  #clear() {
    Object.assign(this, { title: "", about: null, error: null });
    this.steps = [];
    this.heldOut = [];
    this.samples = [];
  }

  /** Python was thrown away, and with it the model. */
  #lose() {
    this.hasModel = false;
    if (this.status === "idle") return;
    this.#controller.abort();
    this.#clear();
    this.error = {
      class: "TrainingError",
      message: "Python was started anew: what was being trained went with it.",
      hint: "Press Start to train again.",
    };
    this.#set("idle");
  }

  /** @param {Status} status */
  #set(status) {
    this.status = status;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Adds an item, or puts it in the place of the last one if that is of the same step.
 *
 * @template {{step: number}} T
 * @param {T[]} items
 * @param {T} item
 */
function put(items, item) {
  if (items.at(-1)?.step === item.step) items.pop();
  items.push(item);
}

export const training = new Training(engine);
