// @ts-check
/**
 * SHA-256 of bytes that come one after the other: the browser's own digest wants them all at once. FIPS 180-4.
 */
const FIRST = new Int32Array(8);
const K = new Int32Array(64);
{
  // The first 32 bits of the fractions of the square and cube roots of the first primes.
  const fraction = (/** @type {number} */ x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  for (let n = 2, i = 0; i < 64; n++) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d++) isPrime &&= n % d !== 0;
    if (!isPrime) continue;
    if (i < 8) FIRST[i] = fraction(Math.sqrt(n));
    K[i++] = fraction(Math.cbrt(n));
  }
}
const BLOCK = 64;

export class Sha256 {
  #state = FIRST.slice();
  #words = new Int32Array(64);
  #rest = new Uint8Array(BLOCK);
  #nRest = 0;
  #nBytes = 0;

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this.#nBytes += bytes.length;
    let at = 0;
    if (this.#nRest > 0) {
      at = Math.min(BLOCK - this.#nRest, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#nRest);
      this.#nRest += at;
      if (this.#nRest < BLOCK) return this;
      this.#blocks(this.#rest, 0, BLOCK);
      this.#nRest = 0;
    }
    const end = bytes.length - ((bytes.length - at) % BLOCK);
    this.#blocks(bytes, at, end);
    this.#rest.set(bytes.subarray(end));
    this.#nRest = bytes.length - end;
    return this;
  }

  /** The digest, in hexadecimal; nothing can be added after it. */
  hex() {
    const nBits = this.#nBytes * 8;
    const padding = new Uint8Array(BLOCK + ((BLOCK + 56 - 1 - this.#nRest) % BLOCK) + 9 - BLOCK);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(nBits / 2 ** 32));
    view.setUint32(padding.length - 4, nBits >>> 0);
    this.update(padding);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} begin
   * @param {number} end
   */
  #blocks(bytes, begin, end) {
    const words = this.#words;
    for (let at = begin; at < end; at += BLOCK) {
      for (let i = 0, j = at; i < 16; i++, j += 4) {
        words[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
      }
      for (let i = 16; i < 64; i++) {
        const x = words[i - 15];
        const y = words[i - 2];
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        words[i] = (s0 + s1 + words[i - 7] + words[i - 16]) | 0;
      }
      compress(this.#state, words);
    }
  }
}

/**
 * @param {Int32Array} state
 * @param {Int32Array} words
 */
function compress(state, words) {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}
