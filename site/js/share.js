// @ts-check
/**
 * A run as a link: prompt, settings, model and edits, packed into the address's fragment, which no browser sends to a server.
 *
 *     #try=<base64url of deflate-raw of JSON>
 *
 * Whoever opens it sees the code that it carries, and decides whether it runs: a link is somebody else's text.
 *
 * @typedef {import("./run.js").Settings} Settings
 * @typedef {{prompt: string, settings: Settings, model: string, edits: Record<string, string>}} Shared
 */
import { ExplainedError } from "./errors.js";
import { DEFAULT_SETTINGS } from "./run.js";

const KEY = "#try=";
const MAX_CHARS = 200_000; // all of model.py is 5,000; more is not unpacked

/**
 * The fragment for a run.
 *
 * @param {Shared} shared
 */
export async function pack(shared) {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  return KEY + base64url(await through(bytes, new CompressionStream("deflate-raw")));
}

/**
 * What a fragment carries; null for one of another kind. Throws an ExplainedError where it is damaged.
 *
 * @param {string} fragment
 * @returns {Promise<Shared | null>}
 */
export async function unpack(fragment) {
  if (!fragment.startsWith(KEY)) return null;
  try {
    const bytes = bytesOf(fragment.slice(KEY.length));
    const text = new TextDecoder().decode(await through(bytes, new DecompressionStream("deflate-raw")));
    return checked(JSON.parse(text));
  } catch {
    throw new ExplainedError(
      "LinkError",
      "This link carries a prompt that cannot be read: it is cut off, or was changed on the way.",
      "Ask for it again, and copy it whole.",
    );
  }
}

/**
 * Only what is expected, each of its own type: the link may have been made by anybody.
 *
 * @param {any} found
 * @returns {Shared}
 */
function checked({ prompt, settings, model, edits }) {
  /** @type {Record<string, unknown>} */
  const sound = { ...DEFAULT_SETTINGS };
  for (const [name, usual] of Object.entries(DEFAULT_SETTINGS)) {
    const value = settings[name];
    const isSound =
      name === "seed" ? value === null || Number.isSafeInteger(value) : typeof value === typeof usual;
    if (isSound) sound[name] = value;
  }
  const texts = Object.entries(edits ?? {}).filter(([, text]) => typeof text === "string");
  if (typeof prompt !== "string" || typeof model !== "string") throw new TypeError("no prompt, or no model");
  return { prompt, settings: /** @type {any} */ (sound), model, edits: Object.fromEntries(texts) };
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {CompressionStream | DecompressionStream} stream
 */
async function through(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const chunks = [];
  let n_bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    chunks.push(value);
    n_bytes += value.length;
    if (n_bytes > MAX_CHARS) {
      await reader.cancel();
      throw new RangeError("too much");
    }
  }
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text */
function bytesOf(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
