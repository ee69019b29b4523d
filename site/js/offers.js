// @ts-check
/**
 * What a reader can be offered to load besides the models that come with the site: GPT-2 from where it is published,
 * a checkpoint of the reader's own, one at an address.
 *
 * @typedef {import("./weights.js").ModelFile} ModelFile
 * @typedef {import("./loader/load.js").Wanted} Wanted
 * @typedef {import("./loader-worker.js").From} From
 *
 * @typedef {object} Published
 * @property {string} url
 * @property {number | null} bytes
 * @property {string | null} sha256
 * @property {string} revision
 * @property {number} parameter_bytes
 *
 * @typedef {object} PublishedEntry  of models/index.json
 * @property {string} name
 * @property {string} title
 * @property {Published} source
 * @property {{manifest: string}} [parts]  where the site has the model in parts
 * @property {{merges?: ModelFile, config?: ModelFile, parity?: ModelFile}} files
 *
 * @typedef {object} Offer
 * @property {Wanted} wanted
 * @property {From} from
 * @property {string} host
 * @property {number} bytes   to be fetched, as far as that is known; 0: not yet
 * @property {string} [note]  why it is offered, where the reader did not choose it
 */
import { ExplainedError } from "./errors.js";
import { downloadText } from "./weights.js";
import { unpacked } from "./zip.js";

/**
 * @param {URL} models  the folder
 * @param {PublishedEntry} entry
 * @returns {Promise<Offer>}
 */
export async function offerPublished(models, entry) {
  const { name, title, source, parts } = entry;
  const key = `${name}-${source.sha256?.slice(0, 16) ?? source.revision}`;
  const sha256 = source.sha256 ?? undefined;
  const [merges, config] = await Promise.all([mergesOf(models, entry), configOf(models, entry)]);
  const wanted = { key, name, title, sha256, merges, config };
  const bytes = source.parameter_bytes;
  if (parts) return offerParts(new URL(parts.manifest, models), wanted);
  const from = { kind: /** @type {const} */ ("http"), url: source.url, bytes: source.bytes ?? undefined };
  return { wanted, from, host: new URL(source.url).host, bytes };
}

/**
 * @param {URL} url  of the manifest
 * @param {Wanted} wanted
 * @returns {Promise<Offer>}
 */
async function offerParts(url, wanted) {
  const response = await fetch(url);
  if (!response.ok) {
    const message = `${url.pathname}: expected the list of parts, the server answered ${response.status}`;
    throw new ExplainedError("DownloadError", message, "Make the parts again: python3 build shard.");
  }
  /** @type {import("./loader/parts.js").Manifest} */
  const manifest = await response.json();
  const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
  const from = { kind: /** @type {const} */ ("parts"), folder: new URL("./", url).href, manifest };
  return { wanted: { ...wanted, sha256: wanted.sha256 ?? manifest.sha256 }, from, host: url.host, bytes };
}

/**
 * A checkpoint at an address: nothing is asked of that server before the reader agrees.
 *
 * @param {URL} models
 * @param {string} address
 * @param {PublishedEntry | undefined} gpt2  whose vocabulary it may share
 * @returns {Promise<Offer>}
 */
export async function offerAddress(models, address, gpt2) {
  let url;
  try {
    url = new URL(address);
  } catch {
    throw wrongAddress(address);
  }
  if (!/^https?:$/.test(url.protocol)) throw wrongAddress(address);
  const name = url.pathname.split("/").filter(Boolean).pop() ?? url.host;
  const key = `url-${shortHash(url.href)}`;
  const gpt2Merges = gpt2 && (await mergesOf(models, gpt2));
  const wanted = { key, name: url.href, title: `${name} from ${url.host}`, gpt2Merges };
  return { wanted, from: { kind: "http", url: url.href }, host: url.host, bytes: 0 };
}

/**
 * A checkpoint that the reader picked or dropped, alone or with its config.json and its merges, or all in a zip file.
 *
 * @param {URL} models
 * @param {File[]} picked
 * @param {PublishedEntry | undefined} gpt2
 * @returns {Promise<Offer>}
 */
export async function offerFiles(models, picked, gpt2) {
  const files = (await Promise.all(picked.map(unpacked))).flat();
  const weights = files.filter(({ name }) => name.endsWith(".safetensors"));
  if (weights.length !== 1) {
    const got = files.map(({ name }) => name).join(", ") || "nothing";
    throw new ExplainedError(
      "FileError",
      `Expected one file that ends in .safetensors, got ${got}.`,
      "Pick a model.safetensors, and with it, where there are any, its config.json and merges.txt; or a .zip of them.",
    );
  }
  const text = (/** @type {RegExp} */ pattern) => files.find(({ name }) => pattern.test(name))?.text();
  const [config, merges] = await Promise.all([
    text(/^config.*\.json$/),
    text(/^(merges.*\.txt|vocab.*\.bpe)$/),
  ]);
  const gpt2Merges = gpt2 && (await mergesOf(models, gpt2));
  const [file] = weights;
  const name = `file:${file.name}`;
  const wanted = { key: name, name, title: file.name, isLocal: true, config, merges, gpt2Merges };
  return { wanted, from: { kind: "file", file }, host: "this device", bytes: file.size };
}

/**
 * @param {URL} models
 * @param {PublishedEntry} entry
 */
async function mergesOf(models, { files }) {
  return files.merges && downloadText(models, files.merges);
}

/**
 * @param {URL} models
 * @param {PublishedEntry} entry
 */
async function configOf(models, { files }) {
  return files.config && downloadText(models, files.config);
}

/** @param {string} address */
function wrongAddress(address) {
  const message = `?model=${address}: expected the address of a model.safetensors, such as https://…`;
  return new ExplainedError("AddressError", message, "Change the address of this page.");
}

/** @param {string} text */
function shortHash(text) {
  let hash = 0xcbf29ce484222325n; // FNV-1a: a name for a folder, no more
  for (const byte of new TextEncoder().encode(text))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16);
}
