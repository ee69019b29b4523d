// @ts-check
/**
 * What the engine knows of models that do not come with the site: the worker that fetches them (started when it is
 * first needed), the one that is on its way, and what the browser has stored.
 *
 * @typedef {import("./arrival.js").Hooks} Hooks
 * @typedef {import("./offers.js").Offer} Offer
 * @typedef {import("./offers.js").PublishedEntry} PublishedEntry
 * @typedef {import("./protocol.js").Connection} Connection
 * @typedef {import("./weights.js").ModelEntry} ModelEntry
 *
 * @typedef {object} Host  the engine, as far as it is needed here
 * @property {() => import("./protocol.js").Port} createLoader
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
  /** @type {Connection | null} to the worker that fetches */
  #loader = null;
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

  /** What the browser has kept: entries and bytes. */
  async stored() {
    return drain(this.#connection().ask("stored"));
  }

  /** @param {string[]} keys  of stored models */
  async clearStored(keys) {
    return drain(this.#connection().ask("clear", { keys }));
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
      this.current = new Arrival(offer, {
        loader: () => this.#readyLoader(),
        onChange: () => this.host.onChange(),
        onReady: (info, times) => this.host.onReady(offer, info, times),
        onWrong: () => this.host.onWrong(offer.wanted.name),
      });
      const arrival = this.current;
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

  #connection() {
    this.#loader ??= connect(this.host.createLoader());
    return this.#loader;
  }

  /** The loader, with today's Python attached, which has made room. */
  async #readyLoader() {
    const python = this.host.python();
    const loader = this.#connection();
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
    return loader;
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
