// @ts-check
/**
 * Reads a zip file that a reader opened: its list of members stands at its end, and each member is read only when it is
 * asked for, so that a large checkpoint in it, if it is stored as it is, takes no memory.
 *
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { ExplainedError } from "./errors.js";

const END_SIGNATURE = 0x06054b50;
const MEMBER_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const MEMBER_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
const STORED = 0;
const DEFLATED = 8;

/**
 * The files in a zip file, by their names without folders; any other file as it is.
 *
 * @param {File} file
 * @returns {Promise<File[]>}
 */
export async function unpacked(file) {
  if (!file.name.endsWith(".zip")) return [file];
  const end = await endOf(file);
  const list = view(await file.slice(end.begin, end.begin + end.n_bytes).arrayBuffer());
  const members = [];
  let at = 0;
  for (let n = 0; n < end.n_members; n++) {
    const member = memberAt(list, at, file.name);
    at = member.next;
    const name = member.path.split("/").pop();
    if (name && !member.path.startsWith("__MACOSX/")) members.push(await read(file, member, name));
  }
  return members;
}

/** @param {File} file */
async function endOf(file) {
  const begin = Math.max(0, file.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = view(await file.slice(begin).arrayBuffer());
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE) continue;
    const end = {
      n_members: tail.getUint16(at + 10, true),
      n_bytes: tail.getUint32(at + 12, true),
      begin: tail.getUint32(at + 16, true),
    };
    if (end.begin + end.n_bytes <= file.size) return end;
  }
  throw damaged(file.name);
}

/**
 * @param {DataView} list
 * @param {number} at
 * @param {string} name  of the zip file
 */
function memberAt(list, at, name) {
  if (at + MEMBER_BYTES > list.byteLength || list.getUint32(at, true) !== MEMBER_SIGNATURE)
    throw damaged(name);
  const [n_name, n_extra, n_comment] = [28, 30, 32].map((offset) => list.getUint16(at + offset, true));
  const path = new Uint8Array(list.buffer, at + MEMBER_BYTES, n_name);
  return {
    path: new TextDecoder().decode(path),
    method: list.getUint16(at + 10, true),
    n_bytes: list.getUint32(at + 20, true),
    begin: list.getUint32(at + 42, true),
    next: at + MEMBER_BYTES + n_name + n_extra + n_comment,
  };
}

/**
 * @param {File} file
 * @param {ReturnType<typeof memberAt>} member
 * @param {string} name
 */
async function read(file, { method, n_bytes, begin }, name) {
  const local = view(await file.slice(begin, begin + LOCAL_BYTES).arrayBuffer());
  if (local.byteLength < LOCAL_BYTES) throw damaged(file.name);
  const data = begin + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = file.slice(data, data + n_bytes);
  if (method === STORED) return new File([packed], name);
  if (method !== DEFLATED) throw damaged(file.name);
  const stream = packed.stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new File([await new Response(stream).blob()], name);
}

/** @param {ArrayBuffer} buffer */
function view(buffer) {
  return new DataView(buffer);
}

/** @param {string} name */
function damaged(name) {
  const message = `${name}: expected a zip file of up to 4 GB, stored or deflated; this is none, or it is cut off.`;
  return new ExplainedError("FileError", message, "Unpack it, and pick the files that were in it.");
}
