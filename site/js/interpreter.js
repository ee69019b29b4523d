// @ts-check
/**
 * Pyodide with this site's packages.
 *
 * @typedef {import("./python.js").Pyodide} Pyodide
 */
import { fetchPackages, layOut } from "./packages.js";

/**
 * @param {URL} folder  where Pyodide and the packages are
 * @returns {Promise<Pyodide>}
 */
export async function startInterpreter(folder) {
  const packages = fetchPackages(folder); // at once: they arrive while the interpreter is compiled
  packages.catch(() => {}); // told below
  const { loadPyodide } = await import(new URL("pyodide.mjs", folder).href);
  const pyodide = await loadPyodide({
    indexURL: folder.href,
    convertNullToNone: true,
    fsInit: (
      /** @type {import("./packages.js").FileSystem} */ FS,
      /** @type {{sitePackages: string}} */ to,
    ) =>
      packages.then(
        (archive) => layOut(FS, to.sitePackages, archive),
        () => {}, // an error here Pyodide would tell nobody but the console
      ),
  });
  await packages;
  return pyodide;
}
