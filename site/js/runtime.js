// @ts-check
/**
 * Counts the bytes of Pyodide's files as they arrive, by standing in for the worker's `fetch` during the boot, and
 * notices when one of them cannot be had. Pyodide is then left waiting for it: told of the failure it would say more
 * than a reader can use, on the console, and the worker is thrown away in any case.
 *
 * @typedef {{version: string, files: {name: string, bytes: number}[]}} RuntimeManifest  pyodide/runtime.json
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
 * @param {RuntimeManifest} manifest
 * @param {(loaded: number, total: number) => void} onProgress  in bytes
 * @param {() => Promise<T>} boot
 * @returns {Promise<T>}
 */
export async function countingFetches(folder, manifest, onProgress, boot) {
  const ownFetch = globalThis.fetch;
  const expected = new Map(manifest.files.map(({ name, bytes }) => [new URL(name, folder).href, bytes]));
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  /** @type {(error: unknown) => void} */
  let fail = () => {};
  const failure = new Promise((/** @type {(value: never) => void} */ _, reject) => {
    fail = reject;
  });
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, globalThis.location?.href);
    const bytes = expected.get(url.href);
    if (bytes === undefined) return ownFetch(input, init);
    expected.delete(url.href); // a file that is fetched twice counts once
    const response = await checked(url, ownFetch(input, init)).catch((error) => {
      fail(error);
      return never;
    });
    return counted(url, bytes, response, fail, (n) => {
      loaded += n;
      onProgress(loaded, total);
    });
  };
  try {
    onProgress(0, total);
    const modules = countModules(expected.keys());
    const [result] = await Promise.race([Promise.all([boot(), modules]), failure]);
    return result;
  } finally {
    globalThis.fetch = ownFetch;
  }
}

/**
 * Modules come by `import()`, which tells nothing of its bytes: fetched as well, they are counted, and the browser's
 * cache makes one download of the two.
 *
 * @param {Iterable<string>} urls
 */
async function countModules(urls) {
  const modules = [...urls].filter((url) => url.endsWith(".mjs"));
  await Promise.all(modules.map(async (url) => (await fetch(url)).arrayBuffer()));
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
 * The same response, its bytes counted on their way.
 *
 * @param {URL} url
 * @param {number} bytes  expected
 * @param {Response} response
 * @param {(error: unknown) => void} fail
 * @param {(n: number) => void} count
 */
function counted(url, bytes, response, fail, count) {
  const reader = response.body?.getReader();
  if (!reader) return response;
  let loaded = 0;
  const lengthError = () => {
    const [expected, got] = [bytes, loaded].map((n) => n.toLocaleString("en"));
    return new ExplainedError(
      "DownloadError",
      `${url.pathname}: expected ${expected} bytes, got ${got}`,
      HINT,
    );
  };
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (value) {
        loaded += value.length;
        count(value.length);
        controller.enqueue(value);
      } else if (done && loaded === bytes) controller.close();
      else {
        fail(lengthError());
        await never;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
