// @ts-check
/**
 * A model on its way into the page, while the one that is there stays in use.
 *
 *     offered ──► looking ──► offered      a model at an address: its size is asked for first
 *        │
 *        └──► starting ──► what loader/load.js reports ──► ready ──► verifying ──► done
 *                 │                    │
 *                 └──► failed ◄────────┘      canceled: what has arrived is kept
 *
 * @typedef {import("./offers.js").Offer} Offer
 * @typedef {import("./errors.js").PlainError} PlainError
 * @typedef {import("./protocol.js").Connection} Connection
 * @typedef {import("./loader/load.js").Report} Report
 * @typedef {"offered" | "looking" | "starting" | "failed" | "canceled" | Report["status"]} Status
 *
 * @typedef {object} Hooks
 * @property {<T>(work: (loader: Connection) => Promise<T>) => Promise<T>} withLoader  which has Python attached to it
 * @property {() => void} onChange
 * @property {(info: any, times: Record<string, number>) => void} onReady
 * @property {() => void} onWrong     what was ready is not what it should be
 */
import { explain } from "./errors.js";
import { drain } from "./protocol.js";
import { Rate } from "./rate.js";

export class Arrival {
  /** @type {Status} */
  status = "offered";
  /** @type {Report | null} */
  report = null;
  /** @type {PlainError | null} */
  error = null;
  /** Bytes per second of what is fetched, as of late; 0: not known. */
  rate = 0;
  #controller = new AbortController();
  #isReady = false;

  /**
   * @param {Offer} offer
   * @param {Hooks} hooks
   */
  constructor(offer, hooks) {
    this.offer = offer;
    this.hooks = hooks;
  }

  /** Still on its way, or hoping to be. */
  get isOpen() {
    return !["done", "canceled", "failed"].includes(this.status);
  }

  /** The reader may go on with it. */
  get canStart() {
    return ["offered", "canceled", "failed"].includes(this.status);
  }

  /** Asks how large it is. */
  async look() {
    this.#set("looking");
    try {
      const { from } = this.offer;
      const { bytes } = await this.hooks.withLoader((loader) =>
        drain(loader.ask("look", { from }, this.#options())),
      );
      this.offer = { ...this.offer, bytes };
      this.#set("offered");
    } catch (error) {
      this.#fail(error);
    }
  }

  async start() {
    if (!this.canStart) return; // begun a moment ago
    this.#controller = new AbortController();
    this.#isReady = false;
    this.error = null;
    this.report = null;
    this.#set("starting");
    const rate = new Rate();
    try {
      askForPersistence(this.offer);
      const { wanted, from } = this.offer;
      const onReport = (/** @type {Report} */ report) => {
        this.rate = rate.of(report.fetched, performance.now());
        this.#take(report);
      };
      await this.hooks.withLoader(async (loader) => {
        onReport(await drain(loader.ask("load", { wanted, from }, this.#options()), onReport));
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops it; what has arrived is kept for the next time. */
  cancel() {
    if (this.#isReady) return;
    this.#set("canceled");
    this.#controller.abort();
  }

  #options() {
    return { signal: this.#controller.signal };
  }

  /** @param {Report} report */
  #take(report) {
    if (this.#controller.signal.aborted) return;
    this.report = report;
    if (report.info && !this.#isReady) {
      this.#isReady = true;
      this.hooks.onReady(report.info, report.times);
    }
    this.#set(report.status);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#controller.signal.aborted) return;
    this.error = explain(error);
    if (this.#isReady && this.error.class === "IntegrityError") this.hooks.onWrong();
    this.#set("failed");
  }

  /** @param {Status} status */
  #set(status) {
    this.status = status;
    this.hooks.onChange();
  }
}

/**
 * At the moment of a large download the browser is asked to keep it; it may say no, and then may delete it some day.
 *
 * @param {Offer} offer
 */
function askForPersistence({ wanted }) {
  if (!wanted.isLocal) navigator.storage?.persist?.().catch(() => {});
}
