// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrival } from "../../site/js/arrival.js";

const LAST = { status: "done", loaded: 1, total: 1, fetched: 1, info: { name: "124M" }, times: {} };

/** @param {boolean} [isLocal] */
function arrival(isLocal = false) {
  /** @type {string[]} */
  const asked = [];
  // biome-ignore lint/correctness/useYield: every answer is a stream, some of no items
  async function* answer(/** @type {string} */ kind) {
    asked.push(kind);
    return kind === "look" ? { bytes: 5 } : LAST;
  }
  const loader = /** @type {any} */ ({ ask: answer });
  const offer = /** @type {any} */ ({ wanted: { isLocal }, from: {}, host: "there", bytes: 0 });
  /** @type {import("../../site/js/arrival.js").Hooks} */
  const hooks = {
    withLoader: (work) => work(loader),
    onChange: () => {},
    onReady: () => asked.push("ready"),
    onWrong: () => {},
  };
  return { asked, made: new Arrival(offer, hooks) };
}

/**
 * @param {import("node:test").TestContext} t
 * @param {() => Promise<boolean>} persist
 */
function giveStorage(t, persist) {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { storage: { persist } }, configurable: true });
  t.after(() =>
    Object.defineProperty(globalThis, "navigator", before ?? { value: undefined, configurable: true }),
  );
}

test("the browser is asked to keep a model when its download begins, and not before", async (t) => {
  let n = 0;
  giveStorage(t, async () => Boolean(++n));
  const { made, asked } = arrival();
  await made.look();
  assert.equal(n, 0);
  await made.start();
  assert.equal(n, 1);
  assert.deepEqual(asked, ["look", "load", "ready"]);
});

test("a file of the reader's own needs no keeping", async (t) => {
  let n = 0;
  giveStorage(t, async () => Boolean(++n));
  await arrival(true).made.start();
  assert.equal(n, 0);
});

test("a browser that refuses to promise it loads the model all the same", async (t) => {
  giveStorage(t, () => Promise.reject(new TypeError("no")));
  const { made } = arrival();
  await made.start();
  assert.equal(made.status, "done");
});

test("a download that was just begun is not begun again", async (t) => {
  giveStorage(t, async () => true);
  const { made, asked } = arrival();
  await Promise.all([made.start(), made.start()]);
  assert.deepEqual(asked, ["load", "ready"]);
});
