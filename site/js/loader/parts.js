// @ts-check
/**
 * A checkpoint in parts on one's own site (python3 build shard): files of at most 32 MiB, each named by its sha256.
 * Together they hold the file's `spans`, which leave out the causal masks. A part counts only once its hash is right.
 *
 * @typedef {object} Manifest
 * @property {1} version
 * @property {number} bytes     of the whole file
 * @property {string} sha256    of the whole file, masks included
 * @property {[number, number][]} spans  what the parts hold of it, in order
 * @property {{name: string, bytes: number}[]} parts  name: the sha256, in hexadecimal
 *
 * @typedef {import("./sources.js").Source} Source
 */
import { ExplainedError } from "../errors.js";
import { Sha256 } from "./sha256.js";
import { HttpSource, readAll, TemporaryError } from "./sources.js";

/** @implements {Source} */
export class PartsSource {
  /** @type {{index: number, content: Uint8Array} | null} the part that was read last */
  #held = null;

  /**
   * @param {URL} folder  where the parts lie
   * @param {Manifest} manifest
   * @param {{fetch?: typeof globalThis.fetch}} [options]
   */
  constructor(folder, manifest, options = {}) {
    this.folder = folder;
    this.manifest = manifest;
    this.options = options;
    this.host = folder.host;
    this.bytes = manifest.bytes;
  }

  /**
   * @param {number} begin
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async *read(begin, end, signal) {
    while (begin < end) {
      const { index, offset, length } = this.#locate(begin);
      const content = await this.#part(index, signal);
      const chunk = content.slice(offset, offset + Math.min(length, end - begin));
      begin += chunk.length;
      yield chunk;
    }
  }

  close() {
    this.#held = null;
  }

  /**
   * Where a byte of the file lies, and how many follow it there.
   *
   * @param {number} at
   */
  #locate(at) {
    let before = 0;
    for (const [begin, end] of this.manifest.spans) {
      if (begin <= at && at < end) return this.#locatePart(before + at - begin, end - at);
      before += end - begin;
    }
    throw new ExplainedError(
      "DownloadError",
      `${this.folder.pathname}manifest.json: the parts do not have byte ${at} of the file`,
      "Make the parts again: python3 build shard.",
    );
  }

  /**
   * @param {number} at  among what the parts hold
   * @param {number} length  to the end of the span
   */
  #locatePart(at, length) {
    let index = 0;
    let begin = 0;
    const { parts } = this.manifest;
    while (begin + parts[index].bytes <= at) begin += parts[index++].bytes;
    const offset = at - begin;
    return { index, offset, length: Math.min(length, parts[index].bytes - offset) };
  }

  /**
   * @param {number} index
   * @param {AbortSignal} [signal]
   */
  async #part(index, signal) {
    if (this.#held?.index === index) return this.#held.content;
    const { name, bytes } = this.manifest.parts[index];
    const source = new HttpSource(new URL(`${name}.bin`, this.folder).href, { bytes, ...this.options });
    const content = await readAll(source, 0, bytes, signal);
    source.close();
    if (content.length < bytes) throw new TypeError(`a part ended after ${content.length} of ${bytes} bytes`);
    const got = await sha256(content);
    if (got !== name) {
      const message = `${source.url.pathname}: expected SHA-256 ${name}, got ${got}`;
      throw new TemporaryError("DownloadError", message, "Press “Try again”; else make the parts again.");
    }
    this.#held = { index, content };
    return content;
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return new Sha256().update(bytes).hex(); // on plain http there is none
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
