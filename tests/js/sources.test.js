// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { PartsSource } from "../../site/js/loader/parts.js";
import { PersistentSource } from "../../site/js/loader/persistent.js";
import { FileSource, HEAD_BYTES, HttpSource, readAll } from "../../site/js/loader/sources.js";

const URL_ = "https://hub.test/model.safetensors";
const CONTENT = Uint8Array.from({ length: 3 * HEAD_BYTES + 77 }, (_, i) => (i * 7) % 251);

/**
 * A server of one file, which counts what it is asked and what it sends.
 *
 * @typedef {object} Behaviour
 * @property {boolean} [ranges]  knows them
 * @property {boolean} [exposes]  Content-Range can be read
 * @property {(number | null)[]} [cuts]  after how many bytes the next answers break
 * @property {(number | Error)[]} [answers]  the next answers' statuses, or no answer at all
 * @property {string} [type]
 * @property {Uint8Array} [content]
 * @param {Behaviour} [behaviour]
 */
function serving({
  ranges = true,
  exposes = true,
  cuts = [],
  answers = [],
  type = "",
  content = CONTENT,
} = {}) {
  /** @type {string[]} */
  const asked = [];
  const seen = { asked, sent: 0 };
  /** @type {typeof globalThis.fetch} */
  const fetch = async (_, init) => {
    init?.signal?.throwIfAborted();
    assert.notEqual(init?.method, "HEAD");
    const range = new Headers(init?.headers).get("range") ?? "";
    asked.push(range);
    const answer = answers.shift() ?? (ranges ? 206 : 200);
    if (answer instanceof Error) throw answer;
    const [begin, last] =
      answer === 206 ? range.replace("bytes=", "").split("-").map(Number) : [0, content.length];
    if (answer > 206) return new Response("no", { status: answer });
    const body = content.subarray(begin, Math.min(last + 1, content.length));
    /** @type {Record<string, string>} */
    const headers = { "content-length": String(body.length), "content-type": type };
    if (answer === 206 && exposes) headers["content-range"] = `bytes ${begin}-${last}/${content.length}`;
    const cut = cuts.shift() ?? null;
    let at = 0;
    const stream = new ReadableStream({
      pull(controller) {
        const end = Math.min(at + 10_000, cut ?? body.length, body.length);
        if (end > at) controller.enqueue(body.slice(at, end));
        else if (cut !== null) controller.error(new TypeError("network error"));
        else controller.close();
        seen.sent += end - at;
        at = end;
      },
    });
    return new Response(stream, { status: answer, headers });
  };
  return { ...seen, seen, fetch };
}

/** @param {Behaviour} [behaviour] @param {number} [bytes] */
function http(behaviour, bytes) {
  const server = serving(behaviour);
  return { server, source: new HttpSource(URL_, { bytes, fetch: server.fetch }) };
}

for (const behaviour of [{}, { exposes: false }, { ranges: false }]) {
  test(`any ranges, in order, are the file's bytes: ${JSON.stringify(behaviour)}`, async () => {
    const { server, source } = http(behaviour);
    const spans = [
      [0, 8],
      [8, 300],
      [300, HEAD_BYTES + 500],
      [HEAD_BYTES + 10_000, HEAD_BYTES + 10_001],
      [2 * HEAD_BYTES, CONTENT.length],
    ];
    for (const [begin, end] of spans) {
      assert.deepEqual(await readAll(source, begin, end), CONTENT.subarray(begin, end));
    }
    // without ranges one stream serves them all
    assert.equal(server.asked.length, behaviour.ranges === false ? 1 : 4);
    assert.ok(server.asked.every((range) => /^bytes=\d+-\d+$/.test(range)));
  });
}

test("the head is fetched once, however often it is read", async () => {
  const { server, source } = http();
  await readAll(source, 0, 8);
  await readAll(source, 8, 1000);
  await readAll(source, 0, 100);
  assert.deepEqual(server.asked, [`bytes=0-${HEAD_BYTES - 1}`]);
});

test("a file shorter than the head ends where it ends", async () => {
  const { source } = http({ content: CONTENT.subarray(0, 500), ranges: false });
  assert.deepEqual(await readAll(source, 0, 900), CONTENT.subarray(0, 500));
  assert.equal(source.bytes, 500);
});

for (const [status, message] of /** @type {[number, RegExp][]} */ ([
  [404, /hub\.test\/model\.safetensors.*answered 404/],
  [403, /answered 403/],
  [416, /ends before byte/],
])) {
  test(`${status} is final and says so`, async () => {
    const { server, source } = http({ answers: [status] });
    const persistent = new PersistentSource(source, { pauses: [0, 0] });
    await assert.rejects(readAll(persistent, 0, 9), { class: "DownloadError", message, hint: /address/ });
    assert.equal(server.asked.length, 1);
  });
}

test("a page of HTML is no model", async () => {
  const { source } = http({ type: "text/html; charset=utf-8", ranges: false });
  await assert.rejects(readAll(source, 0, 9), { class: "DownloadError", message: /page of HTML/ });
});

test("another length than the published one is refused with both", async () => {
  for (const ranges of [true, false]) {
    const { source } = http({ ranges }, CONTENT.length + 1);
    await assert.rejects(readAll(source, 0, 9), {
      message: /expected 196,686 bytes, the server's file has 196,685/,
    });
  }
});

test("every cut is resumed at its byte, and nothing is sent twice but what was lost with the connection", async () => {
  for (const ranges of [true, false]) {
    const { server, source } = http({ ranges, cuts: [0, 20_000, 70_000, 10_000] });
    const persistent = new PersistentSource(source, { pauses: [0, 0, 0, 0, 0] });
    assert.deepEqual(await readAll(persistent, 0, CONTENT.length), CONTENT);
    if (ranges) assert.ok(server.seen.sent <= CONTENT.length + 20_000 + 10_000, String(server.seen.sent));
  }
});

test("it waits longer each time, tells for how long, and gives up in the end", async () => {
  const lost = new TypeError("Failed to fetch");
  const { source } = http({ answers: [lost, lost, lost, lost] });
  /** @type {(number | null)[]} */
  const told = [];
  const persistent = new PersistentSource(source, {
    pauses: [0.001, 0.002, 0.003],
    onPause: (seconds) => told.push(seconds),
  });
  await assert.rejects(readAll(persistent, 0, 9), {
    class: "NetworkError",
    message: /hub\.test could not be reached, 4 times at byte 0 \(Failed to fetch\)/,
    hint: /what has arrived is kept/,
  });
  assert.deepEqual(told, [0.001, null, 0.002, null, 0.003, null]);
});

test("what arrives starts the count of failures again", async () => {
  const cuts = [null, 10_000, 10_000, 10_000, 10_000, 10_000];
  const { source } = http({ cuts });
  const persistent = new PersistentSource(source, { pauses: [0] });
  const [begin, end] = [HEAD_BYTES, CONTENT.length];
  assert.deepEqual(await readAll(persistent, begin, end), CONTENT.subarray(begin, end));
});

test("an overloaded server is asked again, and quoted when it stays so", async () => {
  const { source } = http({ answers: [503, 429] });
  assert.deepEqual(
    await readAll(new PersistentSource(source, { pauses: [0, 0] }), 0, 9),
    CONTENT.slice(0, 9),
  );
  const stuck = http({ answers: [500, 500] }).source;
  await assert.rejects(readAll(new PersistentSource(stuck, { pauses: [0] }), 0, 9), {
    message: /answered 500/,
  });
});

test("an abort ends a pause at once and stays an abort", async () => {
  const controller = new AbortController();
  const { source } = http({ answers: [new TypeError("lost")] });
  const persistent = new PersistentSource(source, { pauses: [1000], onPause: () => controller.abort() });
  await assert.rejects(readAll(persistent, 0, 9, controller.signal), { name: "AbortError" });
});

test("a file of the reader's own is read by ranges", async () => {
  const source = new FileSource(new File([CONTENT], "mine.safetensors"));
  assert.equal(source.bytes, CONTENT.length);
  assert.deepEqual(await readAll(source, 1000, 70_000), CONTENT.subarray(1000, 70_000));
});

/** @param {number} size */
function inParts(size) {
  /** @type {[number, number][]} */
  const spans = [
    [0, 70_000],
    [90_000, CONTENT.length],
  ];
  const held = Buffer.concat(spans.map(([begin, end]) => CONTENT.subarray(begin, end)));
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  const parts = [];
  for (let at = 0; at < held.length; at += size) {
    const part = new Uint8Array(held.subarray(at, at + size));
    const name = createHash("sha256").update(part).digest("hex");
    files.set(`/parts/${name}.bin`, part);
    parts.push({ name, bytes: part.length });
  }
  const manifest = { version: /** @type {const} */ (1), bytes: CONTENT.length, sha256: "", spans, parts };
  /** @type {typeof globalThis.fetch} */
  const fetch = async (url, init) => {
    const content = files.get(new URL(String(url)).pathname);
    return content ? serving({ content }).fetch(url, init) : new Response("", { status: 404 });
  };
  return { files, source: new PartsSource(new URL("https://site.test/parts/"), manifest, { fetch }) };
}

test("parts of any size are the file's bytes, but for what was left out", async () => {
  for (const size of [1000, 66_000, 1 << 20]) {
    const { source } = inParts(size);
    assert.deepEqual(await readAll(source, 0, 70_000), CONTENT.subarray(0, 70_000));
    assert.deepEqual(await readAll(source, 90_000, CONTENT.length), CONTENT.subarray(90_000));
    await assert.rejects(readAll(source, 69_999, 70_002), {
      message: /do not have byte 70000/,
      hint: /shard/,
    });
  }
});

test("a part with other bytes than its name says is refused, naming both hashes", async () => {
  const { source, files } = inParts(66_000);
  const [path] = [...files.keys()].slice(1);
  files.set(path, new Uint8Array(66_000));
  assert.deepEqual(await readAll(source, 0, 66_000), CONTENT.subarray(0, 66_000));
  await assert.rejects(readAll(source, 66_000, 66_001), { message: /expected SHA-256 \w{64}, got \w{64}/ });
});
