// @ts-check
/**
 * What the engine knows of models that do not come with the site: the worker that fetches them (there only while it is
 * needed: it holds some twenty megabytes), the one that is on its way, and what the browser has stored.
 *
 * @typedef {import("./arrival.js").Hooks} Hooks
 * @typedef {import("./offers.js").Offer} Offer
 * @typedef {import("./offers.js").PublishedEntry} PublishedEntry
 * @typedef {import("./protocol.js").Connection} Connection
 * @typedef {import("./weights.js").ModelEntry} ModelEntry
 *
 * @typedef {object} Host  the engine, as far as it is needed here
 * @property {() => import("./protocol.js").Port & {terminate: () => void}} createLoader
 * @property {() => Connection | null} python
 * @property {() => Promise<ModelEntry[]>} models  once the index is here
 * @property {URL} folder                          of the models
 * @property {() => Promise<void>} makeRoom        lets go of the large model that is loaded
 * @property {() => void} onChange
 * @property {(offer: Offer, info: any, times: Record<string, number>) => void} onReady
 * @property {(name: string) => void} onWrong
 * @property {(error: unknown) => void} onError
 */
import { Arrival } from "./arrival.js";
import { ExplainedError } from "./errors.js";
import { offerAddress, offerFiles, offerPublished } from "./offers.js";
import { connect, drain } from "./protocol.js";

export class Arrivals {
  /** @type {Arrival | null} the one that is on its way, or was last */
  current = null;
  /** @type {{worker: {terminate: () => void}, connection: Connection} | null} the worker that fetches */
  #loader = null;
  #nUsers = 0;
  /** @type {Connection | null} the Python that it talks to */
  #attached = null;

  /** @param {Host} host */
  constructor(host) {
    this.host = host;
  }

  /**
   * Offers a model of the index that is published elsewhere; one that the browser has kept is loaded at once.
   *
   * @param {string} name
   */
  offerPublished(name) {
    return this.#offer(async (models) => {
      const entry = models.find((model) => model.name === name);
      return offerPublished(this.host.folder, asPublished(entry));
    });
  }

  /** @param {string} address  of a safetensors file */
  offerAddress(address) {
    return this.#offer((models) => offerAddress(this.host.folder, address, firstPublished(models)));
  }

  /**
   * A checkpoint of the reader's own is loaded at once: nothing has to be fetched.
   *
   * @param {File[]} files
   */
  openFiles(files) {
    return this.#offer((models) => offerFiles(this.host.folder, files, firstPublished(models)));
  }

  /**
   * Loads a model again that was there, if that asks nothing of the network; else it is offered. Ends when it is there,
   * or will not be.
   *
   * @param {Offer} offer
   */
  bringBack(offer) {
    return this.#offer(async () => offer);
  }

  /**
   * How far a model on its way has come; null where it is not on its way.
   *
   * @param {string} name
   */
  progressOf(name) {
    const arrival = this.current;
    if (!arrival?.isOpen || arrival.offer.wanted.name !== name) return null;
    const { offer, report } = arrival;
    return { what: offer.wanted.title, loaded: report?.loaded ?? 0, total: report?.total ?? 0 };
  }

  /** What the browser has kept: entries and bytes. */
  async stored() {
    return this.#using((loader) => drain(loader.ask("stored")));
  }

  /** @param {string[]} keys  of stored models */
  async clearStored(keys) {
    return this.#using((loader) => drain(loader.ask("clear", { keys })));
  }

  /** Python is about to be started anew: nothing can arrive. */
  cancel() {
    if (this.current?.isOpen) this.current.cancel();
  }

  /** @param {(models: ModelEntry[]) => Promise<Offer>} make */
  async #offer(make) {
    this.cancel();
    try {
      const offer = await make(await this.host.models());
      const arrival = new Arrival(offer, {
        withLoader: (work) => this.#using((loader) => this.#attach(loader).then(() => work(loader))),
        onChange: () => this.host.onChange(),
        onReady: (info, times) => this.host.onReady(arrival.offer, info, times), // its size is known by now
        onWrong: () => this.host.onWrong(offer.wanted.name),
      });
      this.current = arrival;
      this.host.onChange();
      if (offer.wanted.isLocal || (await this.#isStored(offer))) await arrival.start();
    } catch (error) {
      this.host.onError(error);
    }
  }

  /** @param {Offer} offer */
  async #isStored({ wanted }) {
    const { entries } = await this.stored();
    return entries.some((/** @type {any} */ entry) => entry.key === wanted.key && entry.isWhole);
  }

  /**
   * Starts the loader if it is not there, and ends it where nothing is left to do: what was canceled or has failed is
   * still being put away, and may go on.
   *
   * @template T
   * @param {(loader: Connection) => Promise<T>} work
   */
  async #using(work) {
    this.#nUsers += 1;
    try {
      this.#loader ??= this.#start();
      return await work(this.#loader.connection);
    } finally {
      this.#nUsers -= 1;
      const isIdle = !this.current || this.current.status === "done";
      if (isIdle && this.#nUsers === 0) this.#end();
    }
  }

  #start() {
    const worker = this.host.createLoader();
    return { worker, connection: connect(worker) };
  }

  #end() {
    this.#loader?.worker.terminate();
    this.#loader = null;
    this.#attached = null;
  }

  /**
   * Lets the loader talk to today's Python, which makes room.
   *
   * @param {Connection} loader
   */
  async #attach(loader) {
    const python = this.host.python();
    if (!python) throw new ExplainedError("WorkerError", "Python is not running", "Press “Try again”.");
    if (this.#attached !== python) {
      const { port1, port2 } = new MessageChannel();
      await Promise.all([
        drain(python.ask("attach", { port: port1 }, { transfer: [port1] })),
        drain(loader.ask("attach", { port: port2 }, { transfer: [port2] })),
      ]);
      this.#attached = python;
    }
    await this.host.makeRoom();
  }
}

/** @param {ModelEntry[]} models */
function firstPublished(models) {
  const entry = models.find(isPublished);
  return entry && asPublished(entry);
}

/** @param {ModelEntry} entry */
export function isPublished(entry) {
  return "source" in entry;
}

/** @param {ModelEntry | undefined} entry */
function asPublished(entry) {
  return /** @type {PublishedEntry} */ (/** @type {unknown} */ (entry));
}
