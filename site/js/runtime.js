// @ts-check
/**
 * Counts the bytes of Pyodide's files as they arrive, by standing in for the worker's `fetch` during the boot, and
 * notices when one of them cannot be had. Pyodide is then left waiting for it: told of the failure it would say more
 * than a reader can use, on the console, and the worker is thrown away in any case.
 *
 * @typedef {{version: string, files: {name: string, bytes: number}[]}} RuntimeManifest  pyodide/runtime.json
 * @typedef {(error: unknown) => void} Fail
 */
import { ExplainedError } from "./errors.js";

/** @type {Promise<never>} */
const never = new Promise(() => {});

const HINT = "Press “Try again”; if that does not help, reload the page.";

/**
 * Boots by `boot()` while the files of the manifest are counted.
 *
 * @template T
 * @param {URL} folder  where the files are
 * @param {Promise<RuntimeManifest>} manifest  nothing waits for it but the counting
 * @param {(loaded: number, total: number) => void} onProgress  in bytes
 * @param {() => Promise<T>} boot
 * @returns {Promise<T>}
 */
export async function countingFetches(folder, manifest, onProgress, boot) {
  const ownFetch = globalThis.fetch;
  const ownInstantiate = WebAssembly.instantiateStreaming;
  /** @type {Fail} */
  let fail = () => {};
  const failure = new Promise((/** @type {(value: never) => void} */ _, reject) => {
    fail = reject;
  });
  const files = new Files(folder, manifest, onProgress, (error) => fail(error));
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, globalThis.location?.href);
    const answer = ownFetch(input, init);
    return url.href.startsWith(folder.href) ? files.take(url, answer) : answer;
  };
  WebAssembly.instantiateStreaming = (source, imports) =>
    ownInstantiate(source, imports).catch(async (error) => {
      await files.counted; // says more where a connection broke
      fail(error);
      return never;
    });
  try {
    const modules = files.takeModules(ownFetch);
    const booting = boot().catch(async (error) => {
      await modules; // says more where it is a module that is missing
      throw error;
    });
    const [result] = await Promise.race([Promise.all([booting, modules]), failure]);
    return result;
  } finally {
    globalThis.fetch = ownFetch;
    WebAssembly.instantiateStreaming = ownInstantiate;
  }
}

/** The files of a manifest on their way. */
class Files {
  /** @type {Promise<unknown>} that all there is of the WebAssembly module was counted */
  counted = Promise.resolve();
  #loaded = 0;
  #total = 0;
  /** @type {Promise<Map<string, number>>} how long each is */
  #expected;

  /**
   * @param {URL} folder
   * @param {Promise<RuntimeManifest>} manifest
   * @param {(loaded: number, total: number) => void} onProgress
   * @param {Fail} fail
   */
  constructor(folder, manifest, onProgress, fail) {
    this.onProgress = onProgress;
    this.fail = fail;
    this.#expected = manifest.then(({ files }) => {
      this.#total = files.reduce((sum, { bytes }) => sum + bytes, 0);
      this.#count(0);
      return new Map(files.map(({ name, bytes }) => [new URL(name, folder).href, bytes]));
    });
    this.#expected.catch(fail);
  }

  /**
   * What Pyodide is given for an answer; nothing, ever, where that is not the file.
   *
   * @param {URL} url
   * @param {Promise<Response>} answer
   */
  async take(url, answer) {
    try {
      const [response, expected] = await Promise.all([checked(url, answer), this.#expected]);
      const bytes = expected.get(url.href);
      if (bytes === undefined) return response;
      expected.delete(url.href); // a file that is fetched twice counts once
      if (!url.pathname.endsWith(".wasm")) return this.#counting(url, bytes, response);
      // Browsers keep compiled code only with what the network itself has answered: later visits save a second of
      // the processor by it. So a copy is counted.
      const copy = this.#counting(url, bytes, response.clone());
      this.counted = /** @type {ReadableStream} */ (copy.body).pipeTo(new WritableStream());
      return response;
    } catch (error) {
      this.fail(error);
      return never;
    }
  }

  /**
   * Modules come by `import()`, which tells nothing of their bytes, nor why there are none.
   *
   * @param {typeof globalThis.fetch} fetch
   */
  async takeModules(fetch) {
    const modules = [...(await this.#expected)].filter(([url]) => url.endsWith(".mjs"));
    const take = async (/** @type {[string, number]} */ [href, bytes]) => {
      try {
        await import(href);
        this.#count(bytes);
      } catch (error) {
        const url = new URL(href);
        await this.#counting(url, bytes, await checked(url, fetch(url))).arrayBuffer();
        throw error;
      }
    };
    await Promise.all(modules.map(take));
  }

  /**
   * The same response, its bytes counted on their way; it does not end where they are too few.
   *
   * @param {URL} url
   * @param {number} bytes  expected
   * @param {Response} response
   */
  #counting(url, bytes, response) {
    const reader = response.body?.getReader();
    if (!reader) return response;
    let loaded = 0;
    const body = new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
        if (value) {
          loaded += value.length;
          this.#count(value.length);
          controller.enqueue(value);
        } else if (done && loaded === bytes) controller.close();
        else {
          this.fail(lengthError(url, bytes, loaded));
          await never;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  }

  /** @param {number} n  more bytes */
  #count(n) {
    this.#loaded += n;
    if (this.#total > 0) this.onProgress(this.#loaded, this.#total);
  }
}

/**
 * @param {URL} url
 * @param {Promise<Response>} answer
 */
async function checked(url, answer) {
  let response;
  try {
    response = await answer;
  } catch {
    throw new ExplainedError(
      "NetworkError",
      `${url.pathname}: the server at ${url.host} does not answer`,
      HINT,
    );
  }
  if (response.ok) return response;
  const message = `${url.pathname}: expected a file of Pyodide, the server answered ${response.status}`;
  throw new ExplainedError("DownloadError", message, HINT);
}

/**
 * @param {URL} url
 * @param {number} expected
 * @param {number} got
 */
function lengthError(url, expected, got) {
  const [wanted, had] = [expected, got].map((n) => n.toLocaleString("en"));
  return new ExplainedError("DownloadError", `${url.pathname}: expected ${wanted} bytes, got ${had}`, HINT);
}
