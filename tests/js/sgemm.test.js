// @ts-check
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { compileSgemm } from "../../site/js/sgemm.js";

const FOLDER = new URL("http://site.test/sub/path/wasm/");
const ownFetch = globalThis.fetch;
/** The smallest module there is; with a section that no version of WebAssembly knows, it is not valid. */
const VALID = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
const UNKNOWN = new Uint8Array([...VALID, 255, 0]);

afterEach(() => {
  globalThis.fetch = ownFetch;
});

/**
 * A server that has these files; the names of those asked for.
 *
 * @param {Record<string, Uint8Array<ArrayBuffer>>} files
 */
function serving(files) {
  /** @type {string[]} */
  const asked = [];
  globalThis.fetch = async (url) => {
    const name = String(url).replace(FOLDER.href, "");
    asked.push(name);
    return name in files ? new Response(files[name]) : new Response("no such file", { status: 404 });
  };
  return asked;
}

test("a browser that knows relaxed SIMD gets that and asks for nothing else", async () => {
  const asked = serving({ "sgemm-relaxed.wasm": VALID, "sgemm-simd128.wasm": VALID });
  assert.equal((await compileSgemm(FOLDER))?.kind, "relaxed");
  assert.deepEqual(asked, ["sgemm-relaxed.wasm"]);
});

test("a browser without relaxed SIMD gets plain SIMD", async () => {
  serving({ "sgemm-relaxed.wasm": UNKNOWN, "sgemm-simd128.wasm": VALID });
  const found = await compileSgemm(FOLDER);
  assert.equal(found?.kind, "simd128");
  assert.ok(found?.module instanceof WebAssembly.Module);
});

test("a browser without SIMD, and a site without the files, get nothing and no error", async () => {
  serving({ "sgemm-relaxed.wasm": UNKNOWN, "sgemm-simd128.wasm": UNKNOWN });
  assert.equal(await compileSgemm(FOLDER), undefined);
  serving({});
  assert.equal(await compileSgemm(FOLDER), undefined);
});
