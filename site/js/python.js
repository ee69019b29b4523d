// @ts-check
/**
 * Python in this worker: gives `picogpt.browser` the shape of a JavaScript class. What comes out of it are plain
 * values: Pyodide is known here and in boot.js, which starts it, alone.
 *
 * @typedef {object} PyBufferView
 * @property {Uint8Array<ArrayBuffer>} data  detached when Python's memory grows: allocate nothing while holding one
 * @property {() => void} release
 *
 * @typedef {object} PyProxy
 * @property {(key: string) => any} get
 * @property {(options: object) => any} toJs
 * @property {(type: string) => PyBufferView} getBuffer
 * @property {() => {done?: boolean, value: any}} next
 * @property {() => void} return
 * @property {() => void} destroy
 *
 * @typedef {object} Pyodide
 * @property {(name: string) => any} pyimport
 * @property {(value: any) => any} toPy
 * @property {{memory: WebAssembly.Memory}} _module
 *
 * @typedef {{pyodide: number, numpy: number, picogpt: number, sgemm: number}} BootTimes  in milliseconds
 * @typedef {number | boolean | string | null | undefined | object} PlainValue
 * @typedef {"edit" | "restore" | "edits" | "changed" | "source" | "presets" | "ablation_source" | "silenced" | "moved"
 *   | "patch" | "rounding" | "script"} EditFunction  of picogpt.browser_edits
 */
import { ExplainedError } from "./errors.js";

export class Python {
  #pyodide;
  #browser;

  /**
   * @param {Pyodide} pyodide
   * @param {any} browser  the module picogpt.browser
   * @param {BootTimes} times
   */
  constructor(pyodide, browser, times) {
    this.#pyodide = pyodide;
    this.#browser = browser;
    this.times = times;
  }

  /**
   * @param {string} kind  of matrix product
   * @param {import("./sgemm.js").Multiply} kernel
   */
  offerKernel(kind, kernel) {
    this.#attempt("offer_kernel", kind, kernel);
  }

  /**
   * Chooses among `info.matmuls`, even in the middle of a generation.
   *
   * @param {string} kind
   * @returns {string}  the kind in use
   */
  useMatmul(kind) {
    return this.#attempt("use_matmul", kind);
  }

  /**
   * @param {string} name
   * @param {Uint8Array} weights  a whole safetensors file
   * @param {string | undefined} config  JSON
   * @param {string | undefined} merges
   */
  load(name, weights, config, merges) {
    return plain(this.#attempt("load", name, weights, config, merges));
  }

  /**
   * Makes room for a model whose file begins like this; see picogpt.browser.begin.
   *
   * @param {Uint8Array} header
   * @param {number | undefined} n_bytes
   * @param {string | undefined} config
   */
  begin(header, n_bytes, config) {
    return plain(this.#attempt("begin", header, n_bytes, config));
  }

  /**
   * Bytes of the file to their place; how long that took, and bringing into shape what is whole now, in milliseconds.
   *
   * @param {number} begin  in the file
   * @param {Uint8Array} bytes
   */
  write(begin, bytes) {
    const started = performance.now();
    let at = 0;
    /** @type {PyProxy & Iterable<PyProxy>} */
    const places = this.#attempt("places", begin, begin + bytes.length);
    for (const place of places) {
      const buffer = place.getBuffer("u8");
      buffer.data.set(bytes.subarray(at, at + buffer.data.length));
      at += buffer.data.length;
      buffer.release();
      place.destroy();
    }
    places.destroy();
    const written = performance.now();
    this.#attempt("settle", begin + bytes.length);
    return { write: written - started, layout: performance.now() - written };
  }

  /**
   * Gives what is arriving its vocabulary.
   *
   * @param {string | undefined} merges
   * @param {string | undefined} gpt2Merges  for a model that comes without any
   */
  vocabulary(merges, gpt2Merges) {
    this.#attempt("vocabulary", merges, gpt2Merges);
  }

  /** @param {string} name */
  finish(name) {
    return plain(this.#attempt("finish", name));
  }

  /** Lets go of what was arriving. */
  abandon() {
    this.#attempt("abandon");
  }

  /**
   * @param {string} model  its name
   * @param {object[]} prompts  of parity.json
   */
  parity(model, prompts) {
    plain(this.#attempt("use", model));
    return plain(this.#attempt("parity", prompts));
  }

  /**
   * What the views of a page show of a text; arrays are {shape, dtype, data}, with a typed array as data.
   *
   * @param {string} model  its name
   * @param {string | number[]} prompt
   * @param {{layer: number, head: number, token: number}} focus
   * @param {object[]} wants
   */
  inspect(model, prompt, focus, wants) {
    plain(this.#attempt("use", model));
    return plain(this.#attempt("inspect", prompt, focus, wants));
  }

  /** @param {string} name */
  unload(name) {
    this.#attempt("unload", name);
  }

  /**
   * The events of one generation; leaving the loop stops it.
   *
   * @param {string} model  its name
   * @param {string | number[]} prompt  text, or ids
   * @param {object} settings
   */
  generate(model, prompt, settings) {
    return this.#stream(model, "generate", prompt, settings);
  }

  /**
   * What the original writes and what the edited model writes, token by token; see picogpt.browser_edits.compare.
   *
   * @param {string} model  its name
   * @param {string | number[]} prompt  text, or ids
   * @param {object} settings
   */
  compare(model, prompt, settings) {
    return this.#stream(model, "compare", prompt, settings);
  }

  /**
   * Calls a function of picogpt.browser_edits.
   *
   * @param {string} model  its name
   * @param {EditFunction} name
   * @param {PlainValue[]} args
   */
  experiment(model, name, args) {
    plain(this.#attempt("use", model));
    return plain(this.#attempt(name, ...args));
  }

  /**
   * @param {string} model  its name
   * @param {string} name  of a function that gives a generator of events
   * @param {...PlainValue} args
   */
  *#stream(model, name, ...args) {
    plain(this.#attempt("use", model));
    yield* this.#events(name, ...args);
  }

  /**
   * The events of the training that was begun; see picogpt.browser_training. It can be asked for again.
   */
  train() {
    return this.#events("train");
  }

  /**
   * Calls another function of picogpt.browser_training.
   *
   * @param {string} name
   * @param {PlainValue[]} args
   */
  training(name, args) {
    return plain(this.#attempt(name, ...args));
  }

  /**
   * @param {string} name  of a function that gives a generator of events
   * @param {...PlainValue} args
   */
  *#events(name, ...args) {
    /** @type {PyProxy} */
    const events = this.#attempt(name, ...args);
    try {
      for (;;) {
        const { done, value } = this.#alive(() => events.next());
        if (done) return;
        const event = plain(value);
        if (event.type === "error") throw rebuilt(event.error);
        yield event;
      }
    } finally {
      this.#alive(() => {
        events.return(); // closes Python's generator if it has not ended
        events.destroy();
      });
    }
  }

  /**
   * Calls a function of picogpt.browser through its `attempt`, which never raises.
   *
   * @param {string} name
   * @param {...any} args
   * @returns {any}  a proxy, or a plain value
   */
  #attempt(name, ...args) {
    const pythonArgs = args.map((arg) => this.#pyodide.toPy(arg));
    /** @type {PyProxy} */
    const reply = this.#alive(() => this.#browser.attempt(name, ...pythonArgs));
    try {
      const error = plain(reply.get("error"));
      if (error) throw rebuilt(error);
      return reply.get("value");
    } finally {
      reply.destroy();
      pythonArgs.forEach((arg, i) => {
        if (arg !== args[i]) arg.destroy(); // made by toPy above
      });
    }
  }

  /**
   * Python's own exceptions never come this way: what does is the end of the interpreter.
   *
   * @template T
   * @param {() => T} call
   * @returns {T}
   */
  #alive(call) {
    try {
      return call();
    } catch (error) {
      const message = `Python stopped working: ${firstAndLastLine(error)}`;
      throw new ExplainedError("CrashedError", message, "Press “Try again” to start it anew.");
    }
  }
}

/**
 * A plain copy of what Python answered; the proxy is destroyed.
 *
 * @param {any} value
 */
function plain(value) {
  if (typeof value?.toJs !== "function") return value;
  const copy = value.toJs({ dict_converter: Object.fromEntries, create_pyproxies: false });
  value.destroy();
  return copy;
}

/** @param {import("./errors.js").PlainError} error */
function rebuilt(error) {
  return new ExplainedError(error.class, error.message, error.hint, error.edit);
}

/**
 * A Python traceback's first line says little and its last line all; other errors have one line.
 *
 * @param {unknown} error
 */
export function firstAndLastLine(error) {
  const lines = String(error).trim().split("\n");
  return lines.length > 1 ? `${lines[0]} … ${lines[lines.length - 1]}` : lines[0];
}
