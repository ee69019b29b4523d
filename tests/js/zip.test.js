// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpacked } from "../../site/js/zip.js";

/**
 * Made by Python's zipfile: the folder mine/ with model.safetensors (the bytes 0 to 39, stored), config.json (a text nine
 * times, deflated), and what macOS adds; and a comment at the end.
 */
const ZIP = Buffer.from(
  [
    "UEsDBBQAAAAAAAAAIVAAAAAAAAAAAAAAAAAFAAAAbWluZS9QSwMEFAAAAAAAAAAhUDwupg0oAAAAKAAAABYAAABtaW5lL21v",
    "ZGVsLnNhZmV0ZW5zb3JzAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJ1BLAwQUAAAACAAAACFQcUbg",
    "9hIAAAB1AAAAEAAAAG1pbmUvY29uZmlnLmpzb26rVsqLz0hNTFGyUjCqraYTBwBQSwMEFAAAAAAAAAAhUIMW3IwBAAAAAQAA",
    "ABsAAABfX01BQ09TWC9taW5lLy5fY29uZmlnLmpzb254UEsBAhQDFAAAAAAAAAAhUAAAAAAAAAAAAAAAAAUAAAAAAAAAAAAA",
    "AIABAAAAAG1pbmUvUEsBAhQDFAAAAAAAAAAhUDwupg0oAAAAKAAAABYAAAAAAAAAAAAAAIABIwAAAG1pbmUvbW9kZWwuc2Fm",
    "ZXRlbnNvcnNQSwECFAMUAAAACAAAACFQcUbg9hIAAAB1AAAAEAAAAAAAAAAAAAAAgAF/AAAAbWluZS9jb25maWcuanNvblBL",
    "AQIUAxQAAAAAAAAAIVCDFtyMAQAAAAEAAAAbAAAAAAAAAAAAAACAAb8AAABfX01BQ09TWC9taW5lLy5fY29uZmlnLmpzb25Q",
    "SwUGAAAAAAQABAD+AAAA+QAAAAwAbWFkZSBieSBoYW5k",
  ].join(""),
  "base64",
);

test("the files of a zip file come by their names, stored or deflated, without the folders and macOS's own", async () => {
  const files = await unpacked(new File([ZIP], "mine.zip"));
  assert.deepEqual(
    files.map(({ name }) => name),
    ["model.safetensors", "config.json"],
  );
  const bytes = new Uint8Array(await files[0].arrayBuffer());
  assert.deepEqual([...bytes], [...Array(40).keys()]);
  assert.equal(await files[1].text(), '{"n_head": 2}'.repeat(9));
});

test("another file stays as it is", async () => {
  const file = new File(["PK"], "model.safetensors");
  assert.deepEqual(await unpacked(file), [file]);
});

for (const [what, bytes] of /** @type {[string, Uint8Array][]} */ ([
  ["a zip file that is cut off", ZIP.subarray(0, 200)],
  ["a zip file without its beginning", ZIP.subarray(60)],
  [
    "a text that is called a zip file",
    new TextEncoder().encode("no zip file, whatever its name says".repeat(3)),
  ],
])) {
  test(`${what} is refused with a word`, async () => {
    const file = new File([/** @type {BlobPart} */ (bytes)], "odd.zip");
    await assert.rejects(unpacked(file), { class: "FileError", message: /odd\.zip: expected a zip file/ });
  });
}
