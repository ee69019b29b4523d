// Pyodide, run in Node.js, compiles its own library: no other interpreter of its version is needed.
//
//   node compile_runtime.mjs RUNTIME OUT NAME…
//
// RUNTIME is a folder with Pyodide and the archives NAME…; their compiled versions go to OUT.

import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [runtime, out, ...names] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(runtime, "pyodide.mjs")).href);
const pyodide = await loadPyodide({ indexURL: `${resolve(runtime)}/` });

pyodide.mountNodeFS("/build", fileURLToPath(new URL(".", import.meta.url)));
pyodide.mountNodeFS("/runtime", resolve(runtime));
pyodide.mountNodeFS("/out", resolve(out));
pyodide.pyimport("sys").path.append("/build");

const { compile_archive } = pyodide.pyimport("zip_bytecode");
for (const name of names) {
  compile_archive(`/runtime/${name}`, `/out/${name}`);
}
