// @ts-check
/**
 * The models that there are to choose from, and which of them are loaded in Python: those of the site, one that arrived
 * from elsewhere, one that was trained in the page.
 *
 * @typedef {import("./engine.js").ModelInfo} ModelInfo
 * @typedef {import("./offers.js").Offer} Offer
 * @typedef {import("./weights.js").ModelEntry} ModelEntry
 */
import { isPublished } from "./arrivals.js";

export class Models {
  /** @type {ModelEntry[]} */
  entries = [];
  /** @type {Offer | null} what the large model that is loaded came from */
  arrived = null;
  /** @type {Map<string, ModelInfo>} */
  #loaded = new Map();

  /** @param {() => Promise<ModelEntry[]>} index */
  constructor(index) {
    this.index = index;
  }

  /** Those that the site offers, asked for once. */
  async read() {
    if (this.entries.length === 0) this.entries = await this.index();
    return this.entries;
  }

  /** @param {string} name */
  find(name) {
    return this.entries.find((entry) => entry.name === name);
  }

  /** Those that come with the site: small, and always loaded. */
  get shipped() {
    return this.entries.filter((entry) => entry.files.weights);
  }

  /** @param {string} name */
  isLoaded(name) {
    return this.#loaded.has(name);
  }

  /**
   * What Python says of a model, once it is loaded.
   *
   * @param {string} name
   */
  info(name) {
    return this.#loaded.get(name) ?? null;
  }

  /** Names of the loaded ones of half a gigabyte: one at a time is enough. */
  get large() {
    const small = this.entries.filter(({ isTrained, files }) => isTrained || files.weights);
    return [...this.#loaded.keys()].filter((name) => !small.some((entry) => entry.name === name));
  }

  /**
   * A model of the list is loaded.
   *
   * @param {string} name
   * @param {ModelInfo} info
   */
  load(name, info) {
    this.#loaded.set(name, info);
  }

  /**
   * One has arrived from elsewhere.
   *
   * @param {Offer} offer
   * @param {ModelInfo} info
   */
  welcome(offer, info) {
    const { name, title } = offer.wanted;
    if (!this.find(name)) this.entries = [...this.entries, /** @type {any} */ ({ name, title, files: {} })];
    this.#loaded.set(name, info);
    this.arrived = offer;
  }

  /**
   * One that Python made is to choose, or is another one by now.
   *
   * @param {ModelEntry} entry
   * @param {ModelInfo} info
   */
  adopt(entry, info) {
    this.entries = [...this.entries.filter(({ name }) => name !== entry.name), entry];
    this.#loaded.set(entry.name, info);
  }

  /**
   * One is no longer loaded, nor to choose unless the site offers it.
   *
   * @param {string} name
   */
  dismiss(name) {
    this.#loaded.delete(name);
    this.entries = this.entries.filter((entry) => entry.name !== name || isOfSite(entry));
  }

  /**
   * Python is gone, and with it all that was loaded.
   *
   * @param {string | undefined} back  the one that will be loaded again
   */
  clear(back) {
    this.#loaded.clear();
    this.arrived = null;
    const stays = (/** @type {ModelEntry} */ entry) => isOfSite(entry) || entry.name === back;
    this.entries = this.entries.filter((entry) => stays(entry) && !entry.isTrained);
  }

  /** @param {string} matmul  how all of them compute products now */
  useMatmul(matmul) {
    for (const info of this.#loaded.values()) info.matmul = matmul;
  }
}

/**
 * Whether a model is always to choose from; one of the reader's own is while it is loaded.
 *
 * @param {ModelEntry} entry
 */
function isOfSite(entry) {
  return isPublished(entry) || Boolean(entry.files.weights);
}
