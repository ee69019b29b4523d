// @ts-check
import { ExplainedError } from "./errors.js";

/**
 * Starts a module worker under the page's own policy, which a worker started from an address would not be under: for
 * Python, in which a reader's code may run. Nothing that it runs can reach another host; what else it is kept from, the
 * module itself sees to (confine.js).
 *
 * @param {URL} url
 * @param {URL[]} [early]  modules that it will import: all are fetched at once, not one after the other
 * @returns {import("./engine.js").WorkerLike}
 */
export function createConfinedWorker(url, early = []) {
  // A static import would be refused; what is sent before the module is there would be lost, so it waits.
  const lines = `
    const early = [];
    const keep = (event) => { event.stopImmediatePropagation(); early.push(event); };
    addEventListener("message", keep);
    for (const url of ${JSON.stringify(early)}) import(url).catch(() => {}); // whoever needs it hears of it
    await import(${JSON.stringify(url.href)}).catch(reportError);
    removeEventListener("message", keep);
    for (const { data, ports } of early) dispatchEvent(new MessageEvent("message", { data, ports }));`;
  const blob = URL.createObjectURL(new Blob([lines], { type: "text/javascript" }));
  return createWorker(new URL(blob));
}

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
