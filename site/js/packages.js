// @ts-check
/**
 * The packages of the browser's Python, from the archive that build/packages_archive.py makes of their wheels: tar
 * (ustar, https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html), gzipped. The browser inflates it beside
 * all else; Pyodide would unpack the wheels in Python, once that runs.
 *
 * @typedef {object} FileSystem  Emscripten's
 * @property {(path: string) => void} mkdirTree
 * @property {(path: string, content: Uint8Array, options: {canOwn: boolean}) => void} writeFile
 */

const BLOCK_BYTES = 512; // a header is one block; contents are filled up to whole ones
const NAME = [0, 100]; // of a header: from where on, at most how many bytes
const SIZE = [124, 12]; // in octal digits
const PREFIX = [345, 155]; // folders before the name, where 100 bytes are too few

/**
 * The archive, inflated.
 *
 * @param {URL} folder  where it is
 */
export async function fetchPackages(folder) {
  const response = await fetch(new URL("packages.bin", folder));
  const inflated = response.body?.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
}

/**
 * Writes all of the archive's files into Python's file system, where they stay the archive's own bytes.
 *
 * @param {FileSystem} FS
 * @param {string} folder  there
 * @param {Uint8Array} archive
 */
export function layOut(FS, folder, archive) {
  const made = new Set();
  for (const { name, content } of filesIn(archive)) {
    const path = `${folder}/${name}`;
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(parent)) FS.mkdirTree(parent);
    made.add(parent);
    FS.writeFile(path, content, { canOwn: true });
  }
}

/** @param {Uint8Array} archive */
function* filesIn(archive) {
  let at = 0;
  while (archive[at]) {
    const header = archive.subarray(at, at + BLOCK_BYTES);
    const [name, size, prefix] = [NAME, SIZE, PREFIX].map(([begin, length]) => text(header, begin, length));
    at += BLOCK_BYTES;
    const n_bytes = Number.parseInt(size, 8);
    yield { name: prefix ? `${prefix}/${name}` : name, content: archive.subarray(at, at + n_bytes) };
    at += Math.ceil(n_bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

/**
 * A header's field, which ends at a zero.
 *
 * @param {Uint8Array} header
 * @param {number} begin
 * @param {number} length
 */
function text(header, begin, length) {
  const field = header.subarray(begin, begin + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
