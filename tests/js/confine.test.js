// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { confine, SHUT } from "../../site/js/confine.js";

const SITE = new URL("https://user.test/picogpt/");

/** A worker's global scope: some of what it offers is its own, some is inherited, as browsers differ in that. */
function workerScope() {
  /** @type {string[]} */
  const fetched = [];
  class Navigator {
    get userAgent() {
      return "Test/1";
    }
    get languages() {
      return ["en"];
    }
    get storage() {
      return { getDirectory() {} };
    }
    get serviceWorker() {
      throw new DOMException("not here", "SecurityError");
    }
    share() {}
  }
  const inherited = {
    indexedDB: {},
    caches: {},
    fetch: async (/** @type {Request} */ request) => fetched.push(request.url),
  };
  const scope = Object.create(inherited, { navigator: { value: new Navigator() } });
  for (const name of SHUT) if (!(name in scope)) scope[name] = class {};
  return { scope, inherited, fetched };
}

test("what leads to storage, network or other tabs is gone, also where it was inherited from", () => {
  const { scope, inherited } = workerScope();
  confine(scope, SITE);
  for (const name of SHUT) assert.ok(!(name in scope), name);
  assert.deepEqual(Object.keys(inherited), []);
});

test("of the navigator, words and numbers are left", () => {
  const { scope } = workerScope();
  confine(scope, SITE);
  assert.equal(scope.navigator.userAgent, "Test/1");
  assert.deepEqual(scope.navigator.languages, ["en"]);
  for (const name of ["storage", "serviceWorker", "share"]) assert.ok(!(name in scope.navigator), name);
});

test("files of the site can be read, and nothing else be asked, of the same origin either", async () => {
  const { scope, fetched } = workerScope();
  confine(scope, SITE);
  await scope.fetch("https://user.test/picogpt/models/index.json");
  await scope.fetch(new URL("https://user.test/picogpt/js/worker.js"));
  for (const url of [
    "https://user.test/other/",
    "https://user.test/picogpt/../other/",
    "https://else.test/picogpt/",
  ])
    await assert.rejects(scope.fetch(url), /can read files of https:\/\/user.test\/picogpt\/ alone/);
  await assert.rejects(scope.fetch(`${SITE}x`, { method: "POST", body: "secret" }), /POST/);
  assert.equal(fetched.length, 2);
});

test("what cannot be shut is told, and nothing runs", () => {
  const { scope } = workerScope();
  Object.defineProperty(scope, "indexedDB", { value: {}, configurable: false });
  assert.throws(() => confine(scope, SITE), /does not let “indexedDB” be kept/);
});
