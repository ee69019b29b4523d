// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Models } from "../../site/js/models.js";

/** @type {any} */
const SMALL = { name: "small", title: "Small", files: { weights: { path: "w", bytes: 1, sha256: "" } } };
/** @type {any} */
const PUBLISHED = { name: "124M", title: "GPT-2", source: {}, files: {} };
/** @type {any} */
const TRAINED = { name: "mine", title: "Mine", isTrained: true, files: {} };
/** @type {any} */
const INFO = { matmul: "einsum" };

/** @param {string} name @returns {any} */
const offerOf = (name) => ({ wanted: { name, title: name.toUpperCase() } });

async function models() {
  const found = new Models(async () => [SMALL, PUBLISHED]);
  await found.read();
  return found;
}

/** @param {Models} models */
const names = ({ entries }) => entries.map(({ name }) => name);

test("the index is asked for once", async () => {
  let n = 0;
  const found = new Models(async () => {
    n += 1;
    return [SMALL];
  });
  await found.read();
  await found.read();
  assert.equal(n, 1);
});

test("what arrives from elsewhere is to choose while it is loaded, what the site offers always", async () => {
  const found = await models();
  found.welcome(offerOf("file:a"), { ...INFO });
  found.dismiss("file:a");
  found.welcome(offerOf("124M"), { ...INFO });
  assert.deepEqual(names(found), ["small", "124M"]);
  found.dismiss("124M");
  assert.deepEqual(names(found), ["small", "124M"]);
  assert.equal(found.isLoaded("124M"), false);
});

test("large are those that neither came with the site nor were trained here", async () => {
  const found = await models();
  found.load("small", { ...INFO });
  found.adopt(TRAINED, { ...INFO });
  found.welcome(offerOf("124M"), { ...INFO });
  assert.deepEqual(found.large, ["124M"]);
});

test("with Python all that was loaded goes, and what was trained; one that will come back stays to choose", async () => {
  const found = await models();
  found.load("small", { ...INFO });
  found.adopt(TRAINED, { ...INFO });
  found.welcome(offerOf("file:a"), { ...INFO });
  found.clear("file:a");
  assert.deepEqual(names(found), ["small", "124M", "file:a"]);
  assert.equal(found.isLoaded("small"), false);
  assert.equal(found.arrived, null);
});

test("a model that is trained on takes its own place", async () => {
  const found = await models();
  found.adopt(TRAINED, { ...INFO });
  found.adopt({ ...TRAINED, title: "Mine, later" }, { ...INFO });
  assert.deepEqual(names(found), ["small", "124M", "mine"]);
  assert.equal(found.find("mine")?.title, "Mine, later");
});

test("how products are computed is told of all that are loaded", async () => {
  const found = await models();
  found.load("small", { ...INFO });
  found.welcome(offerOf("124M"), { ...INFO });
  found.useMatmul("relaxed");
  assert.equal(found.info("small")?.matmul, "relaxed");
  assert.equal(found.info("124M")?.matmul, "relaxed");
  assert.equal(found.info("mine"), null);
});
