// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { DEFAULT_SETTINGS } from "../../site/js/run.js";
import { pack, unpack } from "../../site/js/share.js";

const SHARED = {
  prompt: "Gruß 🌹\n<script>alert(1)</script>",
  settings: { ...DEFAULT_SETTINGS, seed: 7, n_tokens: 12 },
  model: "shakespeare",
  edits: { gelu: "def gelu(x):\n    return x\n" },
};
/** @param {unknown} value */
const linkTo = (value) => `#try=${deflateRawSync(JSON.stringify(value)).toString("base64url")}`;

test("a link carries a run there and back, in characters that no address changes", async () => {
  const fragment = await pack(SHARED);
  assert.match(fragment, /^#try=[\w-]+$/);
  const inside = inflateRawSync(Buffer.from(fragment.slice(5), "base64url"));
  assert.deepEqual(JSON.parse(inside.toString()), SHARED);
  assert.deepEqual(await unpack(fragment), SHARED);
});

test("an address of another kind carries nothing", async () => {
  assert.equal(await unpack(""), null);
  assert.equal(await unpack("#what-it-computes"), null);
});

test("of a made-up link only what has the right type arrives", async () => {
  const settings = { n_tokens: "many", seed: 1.5, greedy: true, onload: "alert(1)" };
  const found = await unpack(linkTo({ ...SHARED, settings, edits: { gelu: 3, softmax: "x = 1" }, more: 1 }));
  assert.deepEqual(found, {
    ...SHARED,
    settings: { ...DEFAULT_SETTINGS, greedy: true },
    edits: { softmax: "x = 1" },
  });
});

for (const [what, fragment] of [
  ["cut off", linkTo(SHARED).slice(0, -20)],
  ["no text at all", "#try=%%%"],
  ["without a prompt", linkTo({ ...SHARED, prompt: 7 })],
  ["a bomb", linkTo({ ...SHARED, prompt: "x".repeat(1_000_000) })],
]) {
  test(`a link that is damaged says so: ${what}`, async () => {
    await assert.rejects(unpack(fragment), { class: "LinkError", message: /cannot be read/ });
  });
}
