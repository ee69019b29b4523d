// @ts-check
/**
 * Starts Python, with all that it needs here, and times the parts of it.
 *
 * @typedef {import("./runtime.js").RuntimeManifest} RuntimeManifest
 */
import { ExplainedError } from "./errors.js";
import { startInterpreter } from "./interpreter.js";
import { firstAndLastLine, Python } from "./python.js";
import { countingFetches } from "./runtime.js";
import { bindSgemm, compileSgemm } from "./sgemm.js";

/**
 * @param {URL} base  the site's root
 * @param {(loaded: number, total: number) => void} onProgress  in bytes
 * @returns {Promise<Python>}
 */
export async function boot(base, onProgress) {
  const folder = new URL("pyodide/", base);
  const manifest = fetchManifest(folder);
  const clock = stopwatch();
  // without it all works, only slower: no reason to refuse to start
  const compiling = compileSgemm(new URL("wasm/", base)).catch(() => undefined);
  try {
    const pyodide = await countingFetches(folder, manifest, onProgress, () => startInterpreter(folder));
    const times = { pyodide: clock(), numpy: 0, picogpt: 0, sgemm: 0 };
    pyodide.pyimport("numpy").destroy();
    times.numpy = clock();
    const browser = pyodide.pyimport("picogpt.browser");
    times.picogpt = clock();
    const python = new Python(pyodide, browser, times);
    const sgemm = await compiling;
    if (sgemm) python.offerKernel(sgemm.kind, bindSgemm(sgemm.module, pyodide._module.memory));
    times.sgemm = clock();
    return python;
  } catch (error) {
    if (error instanceof ExplainedError) throw error;
    throw new ExplainedError(
      "BootError",
      `Python (Pyodide ${(await manifest).version}) did not start: ${firstAndLastLine(error)}`,
      "Press “Try again”, or try another browser: one from 2023 or later, with WebAssembly, is needed.",
    );
  }
}

/**
 * @param {URL} folder
 * @returns {Promise<RuntimeManifest>}
 */
async function fetchManifest(folder) {
  const url = new URL("runtime.json", folder);
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return await response.json();
  } catch (error) {
    const message = `${url.pathname}: the list of Python's files cannot be read: ${firstAndLastLine(error)}`;
    throw new ExplainedError("DownloadError", message, "Check your connection, then press “Try again”.");
  }
}

/** Milliseconds since the last call, or since it was made. */
export function stopwatch() {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const elapsed = Math.round(now - last);
    last = now;
    return elapsed;
  };
}
