// @ts-check
/**
 * The wire format between the page and the worker; no other module knows it.
 *
 *     page                                worker
 *     {type: "ask", id, kind, payload} →
 *                                       ← {type: "item", id, value}     any number of times
 *                                       ← {type: "end", id, value}      the handler returned
 *                                       ← {type: "error", id, error}    the handler threw {class, message, hint}
 *     {type: "cancel", id}             →  the loop was left: the handler's signal aborts, its `finally` runs
 *
 * Every answer is a stream: `for await (const token of connection.ask("generate", …))`. Progress is just items.
 * Ports are Workers, a worker's own `self`, or MessagePorts.
 *
 * @typedef {import("./errors.js").PlainError} PlainError
 *
 * @typedef {object} Port
 * @property {(message: any, transfer: Transferable[]) => void} postMessage
 * @property {(type: string, listener: (event: any) => void) => void} addEventListener
 * @property {() => void} [start]
 *
 * @typedef {{type: "item" | "end", id: number, value: any} | {type: "error", id: number, error: PlainError}} Reply
 * @typedef {{type: "ask", id: number, kind: string, payload: any} | {type: "cancel", id: number}} Request
 * @typedef {(payload: any, signal: AbortSignal) => AsyncGenerator<any, any, any>} Handler
 * @typedef {{signal?: AbortSignal, transfer?: Transferable[]}} AskOptions
 *
 * @typedef {object} Connection
 * @property {(kind: string, payload?: any, options?: AskOptions) => AsyncGenerator<any, any, void>} ask
 *   Leaving the loop, or aborting `signal`, cancels. The handler's return value is the stream's.
 * @property {(error: Error) => void} fail  Throws `error` in all pending and all future streams.
 * @property {Promise<Error>} failed  Resolves with the error once the other side is gone.
 */
import { ExplainedError, explain } from "./errors.js";

/** An error of the other side. */
export class RemoteError extends ExplainedError {}

/** @type {WeakMap<object, Transferable[]>} */
const transfers = new WeakMap();

/**
 * Marks a value so that `buffers` move with it instead of being copied.
 *
 * @template {object} T
 * @param {T} value
 * @param {Transferable[]} buffers
 * @returns {T}
 */
export function transferring(value, buffers) {
  transfers.set(value, buffers);
  return value;
}

/**
 * The asking side of a port.
 *
 * @param {Port} port
 * @returns {Connection}
 */
export function connect(port) {
  /** @type {Map<number, Inbox>} */
  const pending = new Map();
  /** @type {Error | null} */
  let failure = null;
  let lastId = 0;
  /** @type {(error: Error) => void} */
  let announceFailure;
  const failed = new Promise((/** @type {(error: Error) => void} */ resolve) => {
    announceFailure = resolve;
  });

  /** @param {Error} error */
  function fail(error) {
    failure ??= error;
    for (const inbox of pending.values()) inbox.put({ failure });
    announceFailure(failure);
  }

  /**
   * @param {string} kind
   * @param {any} [payload]
   * @param {AskOptions} [options]
   */
  async function* ask(kind, payload, { signal, transfer = [] } = {}) {
    if (failure) throw failure;
    signal?.throwIfAborted();
    const id = ++lastId;
    const inbox = new Inbox();
    let isOpen = false;
    const cancel = () => {
      if (isOpen && !failure) port.postMessage({ type: "cancel", id }, []);
      isOpen = false;
    };
    const abort = () => {
      inbox.overtake({ failure: signal?.reason });
      cancel();
    };
    pending.set(id, inbox);
    signal?.addEventListener("abort", abort);
    try {
      port.postMessage({ type: "ask", id, kind, payload }, transfer);
      isOpen = true;
      for (;;) {
        const message = await inbox.take();
        if ("failure" in message) throw message.failure;
        isOpen &&= message.type === "item";
        if (message.type === "error") throw remoteError(message.error);
        if (message.type === "end") return message.value;
        yield message.value;
      }
    } finally {
      // A reply that is on its way already finds no inbox and is dropped.
      pending.delete(id);
      signal?.removeEventListener("abort", abort);
      cancel();
    }
  }

  port.addEventListener("message", ({ data }) => pending.get(data?.id)?.put(data));
  for (const type of ["error", "messageerror", "close"]) {
    port.addEventListener(type, (event) => fail(deadWorkerError(type, event)));
  }
  port.start?.();
  return { ask, fail, failed };
}

/**
 * The answering side of a port: one async generator function for each kind of message.
 *
 * @param {Port} port
 * @param {Record<string, Handler>} handlers
 */
export function serve(port, handlers) {
  /** @type {Map<number, AbortController>} */
  const running = new Map();
  port.addEventListener("message", (/** @type {{data: Request}} */ { data }) => {
    if (data?.type === "cancel") running.get(data.id)?.abort();
    if (data?.type !== "ask") return;
    const controller = new AbortController();
    running.set(data.id, controller);
    answer(port, handlers, data, controller.signal).finally(() => running.delete(data.id));
  });
  port.start?.();
}

/**
 * @param {Port} port
 * @param {Record<string, Handler>} handlers
 * @param {{id: number, kind: string, payload: any}} request
 * @param {AbortSignal} signal
 */
async function answer(port, handlers, { id, kind, payload }, signal) {
  /** @param {"item" | "end"} type @param {any} value */
  const send = (type, value) => port.postMessage({ type, id, value }, transfers.get(Object(value)) ?? []);
  try {
    if (!Object.hasOwn(handlers, kind)) throw unknownKindError(kind, handlers);
    const stream = handlers[kind](payload, signal);
    for (;;) {
      const { done, value } = await stream.next();
      if (signal.aborted) return await stream.return(undefined);
      if (done) return send("end", value);
      try {
        send("item", value);
      } catch (uncloneable) {
        await stream.return(undefined);
        throw uncloneable;
      }
      await macrotask(); // hears a "cancel" before the next item is computed
      if (signal.aborted) return await stream.return(undefined);
    }
  } catch (error) {
    if (!signal.aborted) port.postMessage({ type: "error", id, error: explain(error) }, []);
  }
}

/**
 * Reads a stream to its end and gives its return value.
 *
 * @param {AsyncGenerator<any, any, void>} stream
 * @param {(item: any) => void} [onItem]
 */
export async function drain(stream, onItem = () => {}) {
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return value;
    onItem(value);
  }
}

/** Lets the event loop take one turn, in some microseconds: setTimeout would wait 4 ms. */
export function macrotask() {
  return new Promise((/** @type {(value: void) => void} */ resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** What has arrived for one stream and was not read yet. */
class Inbox {
  /** @type {(Reply | {failure: unknown})[]} */
  #messages = [];
  #wake = () => {};

  /** @param {Reply | {failure: unknown}} message */
  put(message) {
    this.#messages.push(message);
    this.#wake();
  }

  /** @param {{failure: unknown}} message  comes before what is still unread */
  overtake(message) {
    this.#messages.unshift(message);
    this.#wake();
  }

  /** @returns {Promise<Reply | {failure: unknown}>} */
  async take() {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      await new Promise((/** @type {(value: void) => void} */ resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** @param {PlainError} error */
function remoteError({ class: className, message, hint, edit }) {
  return new RemoteError(className, message, hint, edit);
}

/**
 * @param {string} kind
 * @param {Record<string, Handler>} handlers
 */
function unknownKindError(kind, handlers) {
  const known = Object.keys(handlers).join(", ");
  return new ExplainedError(
    "ProtocolError",
    `the worker knows no message of kind "${kind}": expected one of ${known}`,
    "Reload the page: its parts may come from two versions of this site.",
  );
}

/**
 * @param {string} type
 * @param {any} event
 */
function deadWorkerError(type, event) {
  const reason = event?.message ?? (type === "error" ? "its script could not be loaded or run" : type);
  return new ExplainedError(
    "WorkerError",
    `the background worker that runs Python stopped: ${reason}`,
    "Press “Try again” to start it anew; a browser from 2023 or later is needed.",
  );
}
