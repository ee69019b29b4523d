// @ts-check
/**
 * Checkpoints in the browser's own storage (the origin's private file system): one folder each, with the bytes that
 * have arrived so far and a note of what they are. Bytes are only ever appended, so a download that was cut short goes
 * on where it stopped; it counts as whole only once the note says so, which is written last.
 *
 * Projects of one GitHub user share an origin: everything lies in a folder of this project's own.
 *
 * @typedef {object} SyncHandle  FileSystemSyncAccessHandle, which workers alone have
 * @property {() => number} getSize
 * @property {(bytes: Uint8Array, options: {at: number}) => number} read
 * @property {(bytes: Uint8Array, options: {at: number}) => number} write
 * @property {(size: number) => void} truncate
 * @property {() => void} flush
 * @property {() => void} close
 *
 * @typedef {object} Note
 * @property {string} title
 * @property {number} bytes       that are there when it is whole
 * @property {boolean} isWhole
 * @property {boolean} isVerified  its sha256 was right
 */

/** Changes when the way in which bytes are stored does: what older versions left is then cleared away. */
export const FOLDER = "picogpt-models-1";
const SAMPLE_BYTES = 64;
const OLDER = /^picogpt-models-/;

/** @returns {Promise<Store | null>} null where the browser has no such storage, or refuses it */
export async function openStore() {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    for await (const name of root.keys()) {
      if (OLDER.test(name) && name !== FOLDER) await root.removeEntry(name, { recursive: true });
    }
    return new Store(folder);
  } catch {
    return null;
  }
}

export class Store {
  /** @param {FileSystemDirectoryHandle} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * Opens or makes an entry; the caller has the lock on it.
   *
   * @param {string} key
   */
  async open(key) {
    const folder = await this.folder.getDirectoryHandle(key, { create: true });
    const content = await syncHandle(folder, "content");
    try {
      return new Entry(content, await syncHandle(folder, "note.json"));
    } catch (error) {
      content.close();
      throw error;
    }
  }

  /** @param {string} key */
  async delete(key) {
    await this.folder.removeEntry(key, { recursive: true });
  }

  /** @returns {Promise<{key: string, title: string, held: number, isWhole: boolean, isVerified: boolean}[]>} */
  async list() {
    const found = [];
    for await (const [key, handle] of this.folder.entries()) {
      if (handle.kind !== "directory") continue;
      const read = async (/** @type {string} */ name) => (await handle.getFileHandle(name)).getFile();
      try {
        const held = (await read("content")).size;
        const { title, isWhole, isVerified } = parse(await (await read("note.json")).text());
        found.push({ key, title: title || key, held, isWhole, isVerified });
      } catch {
        found.push({ key, title: key, held: 0, isWhole: false, isVerified: false }); // being made by another tab
      }
    }
    return found;
  }
}

/** One checkpoint's bytes and its note. */
export class Entry {
  /**
   * @param {SyncHandle} content
   * @param {SyncHandle} note
   */
  constructor(content, note) {
    this.content = content;
    this.noteFile = note;
    const bytes = new Uint8Array(note.getSize());
    note.read(bytes, { at: 0 });
    this.note = parse(new TextDecoder().decode(bytes));
    this.held = content.getSize();
    if (this.note.isWhole && this.note.bytes !== this.held) this.clear(); // something else changed it
  }

  /**
   * Throws where the browser has no more room.
   *
   * @param {Uint8Array} bytes
   */
  append(bytes) {
    const n = this.content.write(bytes, { at: this.held });
    // Seen in Chromium: past the quota, write() promises everything and keeps nothing.
    if (n < bytes.length || !this.#isThere(bytes)) {
      throw new DOMException("The disk is full.", "QuotaExceededError");
    }
    this.held += n;
  }

  /**
   * Whether the end of what was just written can be read again.
   *
   * @param {Uint8Array} bytes
   */
  #isThere(bytes) {
    const expected = bytes.subarray(-SAMPLE_BYTES);
    const found = new Uint8Array(expected.length);
    const n = this.content.read(found, { at: this.held + bytes.length - expected.length });
    return n === expected.length && found.every((byte, i) => byte === expected[i]);
  }

  /**
   * @param {number} begin  among the bytes held
   * @param {number} length  at most
   * @param {Uint8Array} [memory]  to read them into
   */
  read(begin, length, memory = new Uint8Array(length)) {
    const bytes = memory.subarray(0, Math.min(length, this.held - begin));
    this.content.read(bytes, { at: begin });
    return bytes;
  }

  /** @param {Partial<Note>} changes */
  write(changes) {
    this.content.flush(); // what the note says must be so
    this.note = { ...this.note, ...changes };
    const bytes = new TextEncoder().encode(JSON.stringify(this.note));
    this.noteFile.truncate(0);
    this.noteFile.write(bytes, { at: 0 });
    this.noteFile.flush();
  }

  /** Forgets everything. */
  clear() {
    this.noteFile.truncate(0);
    this.noteFile.flush();
    this.content.truncate(0);
    this.content.flush();
    this.held = 0;
    this.note = parse("");
  }

  close() {
    this.content.close();
    this.noteFile.close();
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @returns {Promise<SyncHandle>}
 */
async function syncHandle(folder, name) {
  const file = await folder.getFileHandle(name, { create: true });
  return /** @type {any} */ (file).createSyncAccessHandle();
}

/**
 * @param {string} text  may be empty or half-written: that is a note of nothing
 * @returns {Note}
 */
function parse(text) {
  const nothing = { title: "", bytes: 0, isWhole: false, isVerified: false };
  try {
    return { ...nothing, ...JSON.parse(text) };
  } catch {
    return nothing;
  }
}
