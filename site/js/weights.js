// @ts-check
/**
 * Files of the models that come with the site, fetched with progress by bytes. Whatever can go wrong on the way (no
 * network, a missing file, a page of HTML instead of weights, a cut connection, changed bytes) ends in an error that
 * says what to do.
 *
 * They are some ten megabytes, come while Python boots, whole, and the browser's own cache keeps them. Checkpoints of
 * half a gigabyte come by loader/: in ranges that are resumed, into a storage, never in memory twice. To send the small
 * ones that way would make the first token wait for Python before a byte is asked for. In Python both take their place
 * in the same manner: picogpt/arriving.py.
 *
 * @typedef {object} ModelFile
 * @property {string} path    relative to models/
 * @property {number} bytes
 * @property {string} sha256  in hexadecimal
 *
 * @typedef {object} ModelEntry  one model of models/index.json
 * @property {string} name
 * @property {string} title
 * @property {{weights: ModelFile, config?: ModelFile, merges?: ModelFile, parity?: ModelFile}} files
 * @property {boolean} [isTrained]  in this page: it has no files
 *
 * @typedef {(loaded: number, total: number) => void} OnProgress  both in bytes
 *
 * @typedef {{signal?: AbortSignal, onProgress?: OnProgress, fetch?: typeof globalThis.fetch}} Options
 */
import { ExplainedError } from "./errors.js";

const RETRY_HINT = "Check your connection, then press “Try again”.";
const REPAIR_HINT =
  "If you run this site yourself, build it again; otherwise press “Try again” a little later.";

/**
 * The models that this site offers.
 *
 * @param {URL} base  the site's root
 * @param {Options} [options]
 * @returns {Promise<ModelEntry[]>}
 */
export async function fetchIndex(base, options = {}) {
  const url = new URL("models/index.json", base);
  const response = await request(url, options);
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExplainedError(
      "DownloadError",
      `${url.pathname}: expected JSON, got ${quote(text)} (${error})`,
      REPAIR_HINT,
    );
  }
}

/**
 * One file's bytes, verified.
 *
 * @param {URL} base  what `file.path` is relative to
 * @param {ModelFile} file
 * @param {Options} [options]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function downloadBytes(base, file, options = {}) {
  const url = new URL(file.path, base);
  const response = await request(url, options);
  const bytes = new Uint8Array(file.bytes);
  let loaded = 0;
  try {
    for await (const chunk of chunksOf(response)) {
      if (loaded === 0) checkBeginning(url, chunk, response);
      if (loaded + chunk.length > file.bytes)
        throw lengthError(url, file, `at least ${grouped(loaded + chunk.length)}`);
      bytes.set(chunk, loaded);
      loaded += chunk.length;
      options.onProgress?.(loaded, file.bytes);
    }
  } catch (error) {
    if (error instanceof ExplainedError || options.signal?.aborted) throw error;
    throw lengthError(url, file, `${grouped(loaded)} before the connection broke`);
  }
  if (loaded !== file.bytes) throw lengthError(url, file, grouped(loaded));
  await verify(file, bytes);
  return bytes;
}

/**
 * Compares bytes with the index. Browsers offer SHA-256 on https and on localhost only; elsewhere the length has to do.
 *
 * @param {ModelFile} file
 * @param {BufferSource} bytes
 */
export async function verify(file, bytes) {
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (sha256 === file.sha256) return;
  throw new ExplainedError(
    "DownloadError",
    `${file.path}: expected SHA-256 ${file.sha256}, got ${sha256}: these are not the bytes that the site was built with`,
    "Press “Try again”; if that does not help, clear the browser's cache for this site and reload.",
  );
}

/**
 * A small file as text, verified.
 *
 * @param {URL} base
 * @param {ModelFile} file
 * @param {Options} [options]
 */
export async function downloadText(base, file, options = {}) {
  const bytes = await downloadBytes(base, file, options);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/**
 * @param {URL} url
 * @param {Options} options
 */
async function request(url, { signal, fetch = globalThis.fetch }) {
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ExplainedError(
      "NetworkError",
      `${url.pathname}: the server at ${url.host} does not answer`,
      RETRY_HINT,
    );
  }
  if (response.ok) return response;
  const status = `${response.status} ${response.statusText}`.trim();
  throw new ExplainedError(
    "DownloadError",
    `${url.pathname}: expected the file, the server answered ${status}`,
    REPAIR_HINT,
  );
}

/** @param {Response} response  (Safari's streams are not iterable yet) */
async function* chunksOf(response) {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Recognises the two things that servers like to send in a file's place, with status 200.
 *
 * @param {URL} url
 * @param {Uint8Array} chunk  the file's beginning
 * @param {Response} response
 */
function checkBeginning(url, chunk, response) {
  const text = new TextDecoder().decode(chunk.subarray(0, 60));
  const isHtml =
    response.headers.get("content-type")?.startsWith("text/html") || /^\s*<(!doctype|html)/i.test(text);
  if (isHtml) {
    throw new ExplainedError(
      "DownloadError",
      `${url.pathname}: expected a model's file, got a page of HTML`,
      REPAIR_HINT,
    );
  }
  if (text.startsWith("version https://git-lfs")) {
    const message = `${url.pathname}: expected a model's file, got a Git LFS pointer to it`;
    throw new ExplainedError("DownloadError", message, "Run “git lfs pull” and build the site again.");
  }
}

/**
 * @param {URL} url
 * @param {ModelFile} file
 * @param {string} got
 */
function lengthError(url, file, got) {
  const message = `${url.pathname}: expected ${grouped(file.bytes)} bytes, got ${got}`;
  return new ExplainedError("DownloadError", message, RETRY_HINT);
}

/** @param {string} text */
function quote(text) {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** @param {number} n_bytes */
function grouped(n_bytes) {
  return n_bytes.toLocaleString("en");
}
