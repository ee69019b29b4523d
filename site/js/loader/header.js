// @ts-check
/**
 * The beginning of a safetensors file: eight bytes that say how long its JSON is, then the JSON. What is in it, Python
 * says; here it is only found, and told from what is no such file at all.
 *
 * @typedef {import("./sources.js").Source} Source
 * @typedef {import("./store.js").Entry} Entry
 */
import { ExplainedError } from "../errors.js";
import { readAll } from "./sources.js";

const PREFIX_BYTES = 8;
const MAX_HEADER_BYTES = 100e6;

/**
 * The file's header, without its length.
 *
 * @param {Source} source
 * @param {Entry | null} entry
 * @param {AbortSignal} signal
 */
export async function readHeader(source, entry, signal) {
  const read = async (/** @type {number} */ begin, /** @type {number} */ end) => {
    if (entry && entry.held >= end) return entry.read(begin, end - begin);
    return readAll(source, begin, end, signal);
  };
  const prefix = await read(0, PREFIX_BYTES);
  const isWhole = prefix.length === PREFIX_BYTES;
  const length = isWhole ? Number(new DataView(prefix.buffer).getBigUint64(0, true)) : Number.NaN;
  if (!(length <= MAX_HEADER_BYTES)) throw notWeights(source.host, prefix);
  return read(PREFIX_BYTES, PREFIX_BYTES + length);
}

/**
 * How long a file is, by its header.
 *
 * @param {Uint8Array} header
 */
export function announcedBytes(header) {
  /** @type {Record<string, {data_offsets?: number[]}>} */
  const entries = JSON.parse(new TextDecoder().decode(header));
  const ends = Object.values(entries).map(({ data_offsets }) => data_offsets?.[1] ?? 0);
  return PREFIX_BYTES + header.length + Math.max(...ends);
}

/**
 * What a piece has besides the header.
 *
 * @param {import("./content.js").Piece} piece
 * @param {number} dataBegin
 */
export function withoutHeader({ begin, bytes }, dataBegin) {
  const skip = Math.min(bytes.length, Math.max(0, dataBegin - begin));
  return { begin: begin + skip, bytes: bytes.subarray(skip) };
}

/**
 * @param {string} host
 * @param {Uint8Array} beginning
 */
function notWeights(host, beginning) {
  const text = new TextDecoder().decode(beginning);
  const kind = /^\s*</.test(text)
    ? "a web page"
    : text.startsWith("version ")
      ? "a Git LFS pointer"
      : "something else";
  return new ExplainedError(
    "WeightsError",
    `${host}: expected a safetensors file, got ${kind} (it begins with ${JSON.stringify(text)})`,
    "Choose a model.safetensors of a GPT-2.",
  );
}
