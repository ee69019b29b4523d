// @ts-check
/**
 * Shuts the doors of the worker in which Python runs, before any code of a reader's does. The page's policy keeps that
 * code from other hosts (see worker-factory.js); this keeps it from what the browser holds for this site and from the
 * other sites of the same origin: stored weights, caches, databases, tabs.
 *
 * What is shut is taken off the objects that have it and those that they inherit it from: nothing else in a worker
 * leads there.
 */
import { ExplainedError } from "./errors.js";

const STORAGE = [
  "caches",
  "cookieStore",
  "indexedDB",
  "webkitRequestFileSystem",
  "webkitRequestFileSystemSync",
  "webkitResolveLocalFileSystemSyncURL",
  "webkitResolveLocalFileSystemURL",
];
const NETWORK = [
  "EventSource",
  "importScripts",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "XMLHttpRequest",
];
// A worker within this one could be under no policy again.
const CONTEXTS = ["BroadcastChannel", "Notification", "SharedWorker", "Worker"];
export const SHUT = [...STORAGE, ...NETWORK, ...CONTEXTS];

/**
 * @param {any} scope  a worker's globalThis
 * @param {URL} site  the site's root: what lies below it can still be fetched
 */
export function confine(scope, site) {
  for (const name of SHUT) remove(scope, name);
  for (const name of namesOf(scope.navigator)) {
    if (isDoor(scope.navigator, name)) remove(scope.navigator, name);
  }
  const fetch = scope.fetch.bind(scope);
  remove(scope, "fetch");
  scope.fetch = fetchBelow(site, fetch);
}

/**
 * @param {URL} site
 * @param {typeof globalThis.fetch} fetch
 * @returns {typeof globalThis.fetch}
 */
function fetchBelow(site, fetch) {
  return async (input, init) => {
    const request = new Request(input, init);
    if (request.method === "GET" && request.url.startsWith(site.href)) return fetch(request);
    throw new TypeError(`${request.method} ${request.url}: what runs here can read files of ${site} alone`);
  };
}

/**
 * What a browser tells of itself in words and numbers is no door; an object or a method may be one, also one that this
 * was not written for.
 *
 * @param {any} navigator
 * @param {string} name
 */
function isDoor(navigator, name) {
  try {
    const value = navigator[name];
    return typeof value === "function" || (typeof value === "object" && !Array.isArray(value));
  } catch {
    return true;
  }
}

/**
 * The names on an object and on what it inherits from, but for those that all objects have.
 *
 * @param {object} object
 */
function namesOf(object) {
  return lineOf(object)
    .flatMap((one) => Object.getOwnPropertyNames(one))
    .filter((name) => name !== "constructor");
}

/** @param {object} object @param {string} name */
function remove(object, name) {
  for (const one of lineOf(object)) Reflect.deleteProperty(one, name);
  if (!(name in object)) return;
  throw new ExplainedError(
    "UnsupportedError",
    `this browser does not let “${name}” be kept from the code that runs in the page`,
    "Open this page in another browser: Chrome, Edge, Firefox or Safari.",
  );
}

/**
 * An object and what it inherits from, up to Object's own.
 *
 * @param {object} object
 * @returns {object[]}
 */
function lineOf(object) {
  const next = Object.getPrototypeOf(object);
  return next && Object.getPrototypeOf(next) ? [object, ...lineOf(next)] : [object];
}
