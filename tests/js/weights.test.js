// @ts-check
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { downloadBytes, downloadText, fetchIndex, verify } from "../../site/js/weights.js";

const BASE = new URL("http://site.test/sub/path/models/");
const CONTENT = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 251);
const FILE = { path: "small/model.safetensors", bytes: CONTENT.length, sha256: sha256(CONTENT) };

/** @param {Uint8Array} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * A server of one answer, in pieces; `breaks` cuts the connection after the last one.
 *
 * @param {Uint8Array | string} body
 * @param {{status?: number, statusText?: string, type?: string, piece?: number, breaks?: boolean}} [options]
 */
function serving(
  body,
  { status = 200, statusText = "", type = "application/octet-stream", piece = 300, breaks } = {},
) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  /** @type {string[]} */
  const asked = [];
  /** @type {typeof globalThis.fetch} */
  const fetch = async (url) => {
    asked.push(String(url));
    let offset = 0;
    const stream = new ReadableStream({
      pull(controller) {
        const chunk = bytes.slice(offset, offset + piece);
        offset += chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        else if (breaks) controller.error(new TypeError("network error"));
        else controller.close();
      },
    });
    return new Response(stream, { status, statusText, headers: { "content-type": type } });
  };
  return { fetch, asked };
}

test("a file's bytes come together in order, from their address", async () => {
  const { fetch, asked } = serving(CONTENT, { piece: 130 });
  assert.deepEqual(await downloadBytes(BASE, FILE, { fetch }), CONTENT);
  assert.deepEqual(asked, ["http://site.test/sub/path/models/small/model.safetensors"]);
});

test("progress counts bytes up to the index's total", async () => {
  /** @type {number[][]} */
  const seen = [];
  const onProgress = (/** @type {number} */ loaded, /** @type {number} */ total) =>
    seen.push([loaded, total]);
  await downloadBytes(BASE, FILE, { ...serving(CONTENT), onProgress });
  assert.deepEqual(seen, [
    [300, 1000],
    [600, 1000],
    [900, 1000],
    [1000, 1000],
  ]);
});

/**
 * @param {string} claim
 * @param {ReturnType<typeof serving>} server
 * @param {RegExp} message
 * @param {RegExp} hint
 */
function refuses(claim, server, message, hint) {
  test(claim, async () => {
    await assert.rejects(downloadBytes(BASE, FILE, server), {
      class: "DownloadError",
      message,
      hint,
    });
  });
}

refuses(
  "a missing file is an error with its path and the server's answer",
  serving("no", { status: 404, statusText: "Not Found" }),
  /\/sub\/path\/models\/small\/model\.safetensors.*404 Not Found/,
  /build it again/,
);
refuses(
  "a truncated file is an error with both lengths",
  serving(CONTENT.slice(0, 700)),
  /1,000 bytes, got 700/,
  /Try again/,
);
refuses(
  "a connection that breaks is an error with what had come",
  serving(CONTENT.slice(0, 700), { breaks: true }),
  /1,000 bytes, got 700 before the connection broke/,
  /Try again/,
);
refuses("an empty answer is an error", serving(""), /1,000 bytes, got 0/, /Try again/);
refuses(
  "a file that is too long is an error before the surplus is written",
  serving(new Uint8Array(5000)),
  /1,000 bytes, got at least 1,200/,
  /./,
);
refuses(
  "a page of HTML is recognised by its type",
  serving("<p>Welcome".padEnd(1000), { type: "text/html; charset=utf-8" }),
  /a page of HTML/,
  /build it again/,
);
refuses(
  "a page of HTML is recognised by its beginning, whatever type it claims",
  serving("\n <!DOCTYPE html><title>Sign in</title>".padEnd(1000)),
  /a page of HTML/,
  /build it again/,
);
refuses(
  "a Git LFS pointer is recognised",
  serving("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1000\n"),
  /Git LFS pointer/,
  /git lfs pull/,
);

test("a server that does not answer is a NetworkError that names it", async () => {
  const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  await assert.rejects(downloadBytes(BASE, FILE, { fetch }), {
    class: "NetworkError",
    message: /site\.test does not answer/,
    hint: /Try again/,
  });
});

test("an abort stays an abort", async () => {
  const controller = new AbortController();
  /** @type {typeof globalThis.fetch} */
  const fetch = async () => {
    controller.abort();
    throw controller.signal.reason;
  };
  await assert.rejects(downloadBytes(BASE, FILE, { fetch, signal: controller.signal }), {
    name: "AbortError",
  });
});

test("verify accepts the bytes of the index and no others", async () => {
  await verify(FILE, CONTENT);
  const changed = CONTENT.slice();
  changed[500] ^= 1;
  await assert.rejects(verify(FILE, changed), { class: "DownloadError", message: /SHA-256/, hint: /cache/ });
});

test("a file with other bytes than the index says is refused", async () => {
  await assert.rejects(downloadBytes(BASE, FILE, serving(CONTENT.slice().reverse())), {
    class: "DownloadError",
    message: /SHA-256/,
  });
});

test("without crypto.subtle, as on plain http, verify lets the length do", async (t) => {
  t.mock.getter(globalThis, "crypto", () => ({}));
  await verify(FILE, new Uint8Array(3));
});

test("text is decoded as UTF-8, across the pieces it came in, byte order mark included", async () => {
  const text = "\ufeff#version: 0.2\nĠ t\nnaïve 漢字 🙂\n";
  const bytes = new TextEncoder().encode(text);
  const file = { path: "merges.txt", bytes: bytes.length, sha256: sha256(bytes) };
  assert.equal(await downloadText(BASE, file, serving(text, { piece: 1 })), text);
});

test("text with other bytes than the index says is refused", async () => {
  const file = { path: "merges.txt", bytes: 4, sha256: sha256(new TextEncoder().encode("good")) };
  await assert.rejects(downloadText(BASE, file, serving("evil")), {
    class: "DownloadError",
    message: /SHA-256/,
  });
});

test("the index is read from models/ under the site's root", async () => {
  const { fetch, asked } = serving('[{"name":"a","title":"A","files":{}}]', { type: "application/json" });
  const index = await fetchIndex(new URL("http://site.test/sub/"), { fetch });
  assert.equal(index[0].name, "a");
  assert.deepEqual(asked, ["http://site.test/sub/models/index.json"]);
});

test("an index that is not JSON is an error that quotes it", async () => {
  const base = new URL("http://site.test/");
  await assert.rejects(fetchIndex(base, serving("<!doctype html>")), {
    class: "DownloadError",
    message: /<!doctype html>/,
  });
  await assert.rejects(fetchIndex(base, serving("", { status: 500 })), {
    class: "DownloadError",
    message: /500/,
  });
});
