// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { ExplainedError } from "../../site/js/errors.js";
import { connect, drain, macrotask, RemoteError, serve, transferring } from "../../site/js/protocol.js";

/** @typedef {Record<string, import("../../site/js/protocol.js").Handler>} Handlers */

/**
 * A page and a worker with these handlers, joined by a real MessageChannel; `wire` is what crossed it.
 *
 * @param {import("node:test").TestContext} t
 * @param {Handlers} handlers
 */
function joined(t, handlers) {
  const { port1, port2 } = new MessageChannel();
  /** @type {any[]} */
  const wire = [];
  port1.addEventListener("message", ({ data }) => wire.push({ from: "worker", ...data }));
  port2.addEventListener("message", ({ data }) => wire.push({ from: "page", ...data }));
  serve(port2, handlers);
  const connection = connect(port1);
  t.after(() => port1.close());
  return { connection, wire, port1, port2 };
}

/** @param {AsyncIterable<any>} stream */
async function all(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Enough turns of the event loop for messages to go there and back some times. */
async function someTurns() {
  for (let i = 0; i < 20; i++) await macrotask();
}

async function* numbers(n = 3, from = 1) {
  for (let i = from; i < from + n; i++) yield i;
  return "all";
}

/**
 * An endless stream that notes how it ended.
 *
 * @param {{yielded: number, isClosed: boolean}} log
 */
async function* endless(log) {
  try {
    for (;;) {
      log.yielded += 1;
      yield log.yielded;
    }
  } finally {
    log.isClosed = true;
  }
}

test("items arrive in order, and the handler's return value is the stream's", async (t) => {
  const { connection } = joined(t, { count: (n) => numbers(n) });
  /** @type {number[]} */
  const items = [];
  const result = await drain(connection.ask("count", 4), (item) => items.push(item));
  assert.deepEqual(items, [1, 2, 3, 4]);
  assert.equal(result, "all");
});

test("the payload arrives as it was sent", async (t) => {
  const { connection } = joined(t, {
    async *echo(payload) {
      yield payload;
    },
  });
  const payload = { text: "naïve 漢字 \u{1f642} e\u0301", bytes: new Uint8Array([0, 255]), nothing: null };
  assert.deepEqual(await all(connection.ask("echo", payload)), [payload]);
});

test("two streams at once keep their items apart", async (t) => {
  const { connection } = joined(t, { count: ({ n, from }) => numbers(n, from) });
  const [low, high] = await Promise.all([
    all(connection.ask("count", { n: 5, from: 1 })),
    all(connection.ask("count", { n: 3, from: 100 })),
  ]);
  assert.deepEqual(low, [1, 2, 3, 4, 5]);
  assert.deepEqual(high, [100, 101, 102]);
});

test("leaving the loop stops the handler between two items and runs its finally", async (t) => {
  const log = { yielded: 0, isClosed: false };
  const { connection, wire } = joined(t, { endless: () => endless(log) });
  for await (const item of connection.ask("endless")) if (item === 3) break;
  await someTurns();
  assert.ok(log.isClosed);
  assert.ok(log.yielded < 10, `${log.yielded} items were made for 3 that were wanted`);
  const sent = wire.length;
  await someTurns();
  assert.equal(wire.length, sent, "nothing is sent after the stop");
});

test("the handler hears of a cancel before its next item, however busy it is", async (t) => {
  const log = { yielded: 0, isClosed: false };
  const { connection, wire } = joined(t, { endless: () => endless(log) });
  const controller = new AbortController();
  const stream = connection.ask("endless", null, { signal: controller.signal });
  await stream.next();
  const before = log.yielded;
  controller.abort();
  await assert.rejects(() => stream.next());
  await someTurns();
  assert.ok(log.isClosed);
  assert.ok(log.yielded <= before + 2, `${log.yielded - before} items after the cancel`);
  assert.equal(wire.filter(({ type }) => type === "cancel").length, 1);
});

test("a stream that is left by an exception of the page's own is cancelled too", async (t) => {
  const log = { yielded: 0, isClosed: false };
  const { connection } = joined(t, { endless: () => endless(log) });
  await assert.rejects(async () => {
    for await (const _ of connection.ask("endless")) throw new TypeError("drawing failed");
  }, TypeError);
  await someTurns();
  assert.ok(log.isClosed);
});

test("cancelling one stream leaves the other alone", async (t) => {
  const log = { yielded: 0, isClosed: false };
  const { connection } = joined(t, { endless: () => endless(log), count: () => numbers(50) });
  const counting = all(connection.ask("count"));
  for await (const item of connection.ask("endless")) if (item === 2) break;
  assert.equal((await counting).length, 50);
});

test("a stream that is never read asks nothing", async (t) => {
  const { connection, wire } = joined(t, { count: () => numbers() });
  connection.ask("count");
  await someTurns();
  assert.deepEqual(wire, []);
});

test("aborting wakes a reader that waits for an item, and aborts the handler's signal", async (t) => {
  let heard = "nothing";
  const { connection } = joined(t, {
    async *wait(_, signal) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      heard = "abort";
      yield "too late";
    },
  });
  const controller = new AbortController();
  const reading = connection.ask("wait", null, { signal: controller.signal }).next();
  await someTurns();
  controller.abort(new Error("stopped"));
  await assert.rejects(reading, /stopped/);
  await someTurns();
  assert.equal(heard, "abort");
});

test("an aborted signal asks nothing", async (t) => {
  const { connection, wire } = joined(t, { count: () => numbers() });
  await assert.rejects(() => connection.ask("count", 1, { signal: AbortSignal.abort() }).next(), {
    name: "AbortError",
  });
  await someTurns();
  assert.deepEqual(wire, []);
});

test("after an abort no item is given out any more, even one that has arrived", async (t) => {
  const { connection } = joined(t, { count: () => numbers(5) });
  const controller = new AbortController();
  const stream = connection.ask("count", null, { signal: controller.signal });
  assert.equal((await stream.next()).value, 1);
  await someTurns(); // all five have arrived
  controller.abort();
  await assert.rejects(() => stream.next(), { name: "AbortError" });
});

test("late replies after a cancel are dropped, and do not reach the next stream", async (t) => {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const connection = connect(port1);
  /** @type {any[]} */
  const asked = [];
  port2.onmessage = ({ data }) => {
    asked.push(data);
    if (data.type === "ask") port2.postMessage({ type: "item", id: data.id, value: `item of ${data.id}` });
  };
  for await (const _ of connection.ask("first")) break;
  const [{ id: first }] = asked;
  const second = connection.ask("second");
  const { value } = await second.next();
  port2.postMessage({ type: "item", id: first, value: "late" });
  port2.postMessage({ type: "error", id: first, error: { class: "X", message: "late", hint: "" } });
  port2.postMessage("not a message of ours");
  port2.postMessage({ type: "end", id: asked[asked.length - 1].id, value: "end" });
  assert.equal(value, `item of ${first + 1}`);
  assert.deepEqual(await second.next(), { done: true, value: "end" });
});

test("an error of an edited model crosses with its place", async (t) => {
  const edit = { name: "gelu", lineno: 2, traceback: "Traceback …" };
  const { connection } = joined(t, {
    // biome-ignore lint/correctness/useYield: it fails at once
    async *edit() {
      throw new ExplainedError("EditError", "gelu, line 2: NameError", "Change it.", edit);
    },
    // biome-ignore lint/correctness/useYield: it fails at once
    async *other() {
      throw new ExplainedError("PromptError", "empty");
    },
  });
  await assert.rejects(drain(connection.ask("edit")), { class: "EditError", hint: "Change it.", edit });
  await assert.rejects(drain(connection.ask("other")), { class: "PromptError", edit: undefined });
});

test("an error in the middle comes after the items before it, with class, message and hint", async (t) => {
  const { connection } = joined(t, {
    async *fail() {
      yield 1;
      yield 2;
      throw new ExplainedError("PromptError", "the prompt has 9 tokens; 8 fit", "Shorten it.");
    },
  });
  /** @type {number[]} */
  const items = [];
  await assert.rejects(
    drain(connection.ask("fail"), (item) => items.push(item)),
    (error) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.class, "PromptError");
      assert.equal(error.message, "the prompt has 9 tokens; 8 fit");
      assert.equal(error.hint, "Shorten it.");
      return true;
    },
  );
  assert.deepEqual(items, [1, 2]);
});

test("any thrown thing crosses as an error", async (t) => {
  const { connection } = joined(t, {
    async *bug() {
      yield/** @type {any} */ (undefined).x;
    },
    async *text() {
      yield 1;
      throw "only text";
    },
  });
  await assert.rejects(drain(connection.ask("bug")), { class: "TypeError" });
  await assert.rejects(drain(connection.ask("text")), { class: "Error", message: "only text", hint: "" });
});

test("an item that cannot be cloned is an error, and closes the handler", async (t) => {
  let isClosed = false;
  const { connection } = joined(t, {
    async *clone() {
      try {
        yield () => "functions do not cross";
      } finally {
        isClosed = true;
      }
    },
  });
  await assert.rejects(drain(connection.ask("clone")), { class: "DataCloneError" });
  assert.ok(isClosed);
});

test("a payload that cannot be cloned is an error, and the connection goes on", async (t) => {
  const { connection } = joined(t, { count: () => numbers(2) });
  await assert.rejects(drain(connection.ask("count", () => {})), { name: "DataCloneError" });
  assert.deepEqual(await all(connection.ask("count")), [1, 2]);
});

test("an unknown kind is an error that names the known ones", async (t) => {
  const { connection } = joined(t, { count: () => numbers() });
  await assert.rejects(drain(connection.ask("cuont")), { class: "ProtocolError", message: /"cuont".*count/ });
  await assert.rejects(drain(connection.ask("toString")), { class: "ProtocolError" });
});

test("buffers move instead of being copied, in both directions", async (t) => {
  const { connection } = joined(t, {
    async *double(/** @type {Uint8Array} */ bytes) {
      const answer = { bytes: bytes.map((byte) => 2 * byte) };
      yield transferring(answer, [answer.bytes.buffer]);
      return answer.bytes.byteLength; // 0: it has gone
    },
  });
  const bytes = new Uint8Array([1, 2, 3]);
  const stream = connection.ask("double", bytes, { transfer: [bytes.buffer] });
  const { value } = await stream.next();
  assert.equal(bytes.byteLength, 0);
  assert.deepEqual([...value.bytes], [2, 4, 6]);
  assert.deepEqual(await stream.next(), { done: true, value: 0 });
});

/** A Worker as the page sees one, whose death a test decides. */
class FakeWorker extends EventTarget {
  postMessage() {}
}

for (const type of ["error", "messageerror", "close"]) {
  test(`a worker that dies (${type}) ends everything pending and refuses what comes later`, async () => {
    const worker = new FakeWorker();
    const connection = connect(worker);
    const pending = [connection.ask("a").next(), connection.ask("b").next()];
    worker.dispatchEvent(new Event(type));
    for (const reading of pending) await assert.rejects(reading, { class: "WorkerError", hint: /Try again/ });
    await assert.rejects(() => connection.ask("c").next(), { class: "WorkerError" });
    assert.equal(/** @type {any} */ (await connection.failed).class, "WorkerError");
  });
}

test("what has arrived before the worker's death is still given out", async () => {
  const worker = new FakeWorker();
  const connection = connect(worker);
  const stream = connection.ask("a");
  const first = stream.next();
  for (const value of [1, 2]) {
    worker.dispatchEvent(new MessageEvent("message", { data: { type: "item", id: 1, value } }));
  }
  worker.dispatchEvent(new Event("error"));
  assert.equal((await first).value, 1);
  assert.equal((await stream.next()).value, 2);
  await assert.rejects(() => stream.next(), { class: "WorkerError" });
});

test("a closed port ends what is pending", async (t) => {
  const { connection, port2 } = joined(t, {
    async *never() {
      await new Promise(() => {});
    },
  });
  const reading = connection.ask("never").next();
  await someTurns();
  port2.close();
  await assert.rejects(reading, { class: "WorkerError" });
});
