// @ts-check
import { ExplainedError } from "./errors.js";

/**
 * Starts a module worker, or says what the browser lacks.
 *
 * @param {URL} url
 */
export function createWorker(url) {
  const hint = "Open this page in a newer browser: Chrome, Edge, Firefox or Safari from 2023 or later.";
  if (typeof WebAssembly === "undefined" || typeof Worker === "undefined") {
    const missing = typeof Worker === "undefined" ? "Web Workers" : "WebAssembly";
    throw new ExplainedError(
      "UnsupportedError",
      `this browser has no ${missing}, which Python needs to run here`,
      hint,
    );
  }
  // Older browsers start a module as a classic script without a word: those that know the option read it.
  let knowsModules = false;
  const options = {
    get type() {
      knowsModules = true;
      return /** @type {const} */ ("module");
    },
  };
  const worker = new Worker(url, options);
  if (knowsModules) return worker;
  worker.terminate();
  throw new ExplainedError(
    "UnsupportedError",
    "this browser has no module workers, which Python needs here",
    hint,
  );
}
