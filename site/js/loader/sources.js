// @ts-check
/**
 * Where a checkpoint's bytes come from, behind one small interface: a range of the file as a stream of chunks.
 *
 *     HttpSource   a file at an address; ranges where the server knows them, else one plain stream
 *     PartsSource  parts.js: the same file in parts on one's own site
 *     FileSource   a file that the reader picked
 *
 * @typedef {object} Source
 * @property {string} host         who gives the bytes, for the reader
 * @property {number | undefined} bytes  of the whole file, as soon as that is known
 * @property {(begin: number, end: number, signal?: AbortSignal) => AsyncGenerator<Uint8Array, void, void>} read
 *   The file's bytes from `begin` to `end`, in order; ends early where the file or the connection does. A chunk is to
 *   be used before the next one is asked for, which may take its memory.
 * @property {() => void} close
 *
 * @typedef {object} Reader  of chunks, each of which may be overwritten by the next one
 * @property {() => Promise<{done: boolean, value?: Uint8Array}>} read
 * @property {() => Promise<void>} cancel
 *
 * @typedef {object} Stream  an answer that is being read
 * @property {Reader} reader
 * @property {number} at       where in the file the next byte is from
 * @property {Uint8Array} rest  of the last chunk
 */
import { ExplainedError } from "../errors.js";

export const HEAD_BYTES = 65536;
const CHUNK_BYTES = 1 << 18;
const RETRY = "Press “Try again”: what has arrived is kept.";
const CHECK = "Check the address, or try again later.";

/** Worth another attempt: a server that is overloaded or being restarted. */
export class TemporaryError extends ExplainedError {}

/** @implements {Source} */
export class HttpSource {
  /** @type {Stream | null} */
  #stream = null;
  /** @type {Uint8Array | null} the file's beginning, kept so that a server without ranges need not start anew */
  #head = null;

  /**
   * @param {string} url
   * @param {{bytes?: number, fetch?: typeof globalThis.fetch}} [options]  bytes: what the file must have
   */
  constructor(url, { bytes, fetch = (input, init) => globalThis.fetch(input, init) } = {}) {
    this.url = new URL(url);
    this.host = this.url.host;
    this.bytes = bytes;
    this.expected = bytes;
    this.fetch = fetch;
  }

  /**
   * @param {number} begin
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async *read(begin, end, signal) {
    if (begin < HEAD_BYTES) {
      this.#head ??= await this.#readHead(signal);
      const part = this.#head.slice(begin, end);
      if (part.length > 0) yield part;
      begin += part.length;
      if (begin < end && this.#head.length < HEAD_BYTES) return; // the whole file is shorter
    }
    if (begin < end) yield* this.#readStream(begin, end, signal);
  }

  close() {
    this.#stream?.reader.cancel().catch(() => {});
    this.#stream = null;
  }

  /** @param {AbortSignal} [signal] */
  async #readHead(signal) {
    const chunks = [];
    let length = 0;
    for await (const chunk of this.#readStream(0, HEAD_BYTES, signal)) {
      chunks.push(chunk.slice());
      length += chunk.length;
    }
    if (length < Math.min(HEAD_BYTES, this.bytes ?? 0)) throw new TypeError("the connection ended early");
    return joined(chunks, length);
  }

  /**
   * @param {number} begin
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async *#readStream(begin, end, signal) {
    const isOnTheWay = this.#stream && this.#stream.at <= begin;
    if (!isOnTheWay) await this.#open(begin, end, signal);
    const stream = /** @type {Stream} */ (this.#stream);
    try {
      while (stream.at < end) {
        if (stream.rest.length === 0) {
          const { done, value } = await stream.reader.read();
          if (done || !value) break;
          stream.rest = value;
        }
        const skip = Math.min(stream.rest.length, Math.max(0, begin - stream.at));
        const chunk = stream.rest.subarray(skip, skip + end - stream.at - skip);
        stream.rest = stream.rest.subarray(skip + chunk.length);
        stream.at += skip + chunk.length;
        if (chunk.length > 0) yield chunk;
      }
    } catch (error) {
      this.close();
      throw error;
    }
    // A range's stream is used up; a whole file's goes on with the next read.
    if (stream.at < end || !this.#isWhole) this.close();
  }

  #isWhole = false;

  /**
   * @param {number} begin
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async #open(begin, end, signal) {
    this.close();
    const headers = { Range: `bytes=${begin}-${end - 1}` }; // one simple range: needs no preflight
    const response = await this.fetch(this.url, { headers, signal, referrerPolicy: "no-referrer" });
    this.#check(response, begin, end);
    this.#isWhole = response.status === 200;
    if (!response.body) throw new TypeError("the answer has no body");
    this.#stream = {
      reader: readerOf(response.body),
      at: this.#isWhole ? 0 : begin,
      rest: new Uint8Array(),
    };
  }

  /**
   * @param {Response} response
   * @param {number} begin
   * @param {number} end
   */
  #check(response, begin, end) {
    const { status } = response;
    const what = `${this.url.host}${this.url.pathname}`;
    if (status === 416) {
      throw new ExplainedError("DownloadError", `${what}: the file ends before byte ${end}`, CHECK);
    }
    if (status !== 200 && status !== 206) {
      response.body?.cancel().catch(() => {});
      const answer = `${status} ${response.statusText}`.trim();
      const message = `${what}: expected the file, the server answered ${answer}`;
      if (status >= 500 || status === 429 || status === 408) {
        throw new TemporaryError("DownloadError", message, RETRY);
      }
      throw new ExplainedError("DownloadError", message, CHECK);
    }
    if (response.headers.get("content-type")?.startsWith("text/html")) {
      throw new ExplainedError(
        "DownloadError",
        `${what}: expected a model's file, got a page of HTML`,
        CHECK,
      );
    }
    this.#learnLength(what, response, begin);
  }

  /**
   * @param {string} what
   * @param {Response} response
   * @param {number} begin
   */
  #learnLength(what, response, begin) {
    // Across origins Content-Range is readable only where the server says so; Content-Length always is.
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
    if (response.status === 206 && range && Number(range[1]) !== begin) {
      throw new ExplainedError(
        "DownloadError",
        `${what}: asked for byte ${begin}, got byte ${range[1]}`,
        RETRY,
      );
    }
    const length = response.headers.get("content-length");
    const isPlain = response.status === 200 && length && !response.headers.get("content-encoding");
    const total = response.status === 206 ? range && Number(range[2]) : isPlain ? Number(length) : null;
    if (total === null || total === undefined) return;
    if (this.bytes !== undefined && total !== this.bytes) {
      const message = `${what}: expected ${this.bytes.toLocaleString("en")} bytes, the server's file has ${total.toLocaleString("en")}`;
      throw new ExplainedError("DownloadError", message, this.expected ? CHECK : RETRY);
    }
    this.bytes = total;
  }
}

/**
 * Reads into the same memory again and again where the browser can: chunks by the thousand, left to the garbage
 * collector, would take tens of megabytes.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {Reader}
 */
function readerOf(body) {
  let reader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    return body.getReader();
  }
  const own = reader;
  let memory = new ArrayBuffer(CHUNK_BYTES);
  const read = async () => {
    const { done, value } = await own.read(new Uint8Array(memory));
    if (value) memory = value.buffer;
    return { done, value };
  };
  return { read, cancel: () => own.cancel() };
}

/** @implements {Source} */
export class FileSource {
  host = "this device";

  /** @param {File} file */
  constructor(file) {
    this.file = file;
    this.bytes = file.size;
  }

  /**
   * @param {number} begin
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async *read(begin, end, signal) {
    const reader = readerOf(this.file.slice(begin, end).stream());
    try {
      for (;;) {
        signal?.throwIfAborted();
        const { done, value } = await reader.read();
        if (done || !value) return;
        yield value;
      }
    } catch (error) {
      if (signal?.aborted) throw error;
      const message = `${this.file.name} cannot be read: ${/** @type {Error} */ (error).message}`;
      throw new ExplainedError("FileError", message, "Was it moved or changed? Open it again.");
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  close() {}
}

/**
 * @param {Uint8Array[]} chunks
 * @param {number} length  of all together
 */
export function joined(chunks, length) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/**
 * All of a range in one piece.
 *
 * @param {Source} source
 * @param {number} begin
 * @param {number} end
 * @param {AbortSignal} [signal]
 */
export async function readAll(source, begin, end, signal) {
  const chunks = [];
  let length = 0;
  for await (const chunk of source.read(begin, end, signal)) {
    chunks.push(chunk.slice());
    length += chunk.length;
  }
  return joined(chunks, length);
}
