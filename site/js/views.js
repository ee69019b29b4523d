// @ts-check
/**
 * The views of the page at hand: what they ask of the reader's prompt is put to Python as one question, again whenever
 * prompt, model or focus change. Until the answer is there, what stands in a view is marked as stale.
 *
 * Before a model has loaded, views show the answers that the build recorded for this page (recorded.json beside it).
 *
 * @typedef {import("./engine.js").Answer} Answer
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {import("./engine.js").Focus} Focus
 * @typedef {import("./engine.js").Inspection} Inspection
 * @typedef {import("./errors.js").PlainError} PlainError
 *
 * @typedef {object} ViewElement  an element that shows an answer
 * @property {Record<string, any> | null} want  what to ask Python; null: nothing at present
 * @property {() => void} markStale
 * @property {(answer: Answer, inspection: Inspection, isRecorded: boolean) => void} show
 * @property {(error: PlainError) => void} fail
 */
import { decode } from "./arrays.js";
import { engine } from "./engine.js";
import { explain } from "./errors.js";

const PAUSE_MS = 250; // after the last key: not every letter is worth a forward pass

export class Views extends EventTarget {
  /** @type {Focus} */
  focus = { layer: 0, head: 0, token: -1 };
  /** @type {Set<ViewElement>} */
  #elements = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isAsking = false;
  #shown = ""; // the model that the last answers came from
  #prompt = () => /** @type {string | number[]} */ ("");

  /** @param {Engine} engine */
  constructor(engine) {
    super();
    this.engine = engine;
    engine.addEventListener("prompt", () => this.refresh());
    engine.addEventListener("edits", () => this.refresh(0));
    engine.addEventListener("state", () => {
      const model = engine.state.info ? engine.session.model : "";
      if (model && model !== this.#shown) this.refresh(0);
    });
  }

  /**
   * @param {ViewElement} element
   * @param {() => string | number[]} prompt  gives the page's prompt; may throw
   */
  add(element, prompt) {
    this.#elements.add(element);
    this.#prompt = prompt;
    this.refresh(0);
  }

  /** @param {ViewElement} element */
  remove(element) {
    this.#elements.delete(element);
  }

  /**
   * Looks at another layer, head or token.
   *
   * @param {Partial<Focus>} focus
   */
  look(focus) {
    this.focus = { ...this.focus, ...focus };
    this.dispatchEvent(new Event("focus"));
    this.refresh(0);
  }

  /** Asks everything again, soon. */
  refresh(pause = PAUSE_MS) {
    for (const element of this.#elements) element.markStale();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  async #ask() {
    if (this.#isAsking || this.#elements.size === 0) return;
    this.#isAsking = true;
    const question = this.#question();
    try {
      const isLive = Boolean(this.engine.state.info);
      if (isLive) await this.#askPython(question.elements);
      else await this.#askRecording(question.elements);
    } catch (error) {
      for (const element of question.elements) element.fail(explain(error));
    } finally {
      this.#isAsking = false;
    }
    if (JSON.stringify(this.#question()) !== JSON.stringify(question)) this.refresh(0);
  }

  /** What the answers depend on. */
  #question() {
    const elements = [...this.#elements].filter(({ want }) => want);
    const wants = elements.map(({ want }) => want);
    const model = this.engine.state.info ? this.engine.session.model : "";
    return Object.defineProperty(
      { wants, model, prompt: attempt(this.#prompt), focus: this.focus, edits: this.engine.edits, elements },
      "elements",
      { enumerable: false },
    );
  }

  /** @param {ViewElement[]} elements */
  async #askPython(elements) {
    this.#shown = this.engine.session.model;
    const wants = elements.map(({ want }) => /** @type {object} */ (want));
    const inspection = await this.engine.inspect({ prompt: this.#prompt(), focus: this.focus, wants });
    elements.forEach((element, i) => {
      const isCurrent = JSON.stringify(element.want) === JSON.stringify(wants[i]);
      if (this.#elements.has(element) && isCurrent) element.show(inspection.answers[i], inspection, false);
    });
  }

  /** @param {ViewElement[]} elements */
  async #askRecording(elements) {
    const recording = await recordingOf(pageInSight());
    if (!recording || this.engine.state.info) return;
    for (const element of elements) {
      const i = recording.wants.findIndex((want) => isSame(want, element.want));
      if (i >= 0) element.show(recording.inspection.answers[i], recording.inspection, true);
    }
  }
}

export const views = new Views(engine);

/** @typedef {{wants: object[], inspection: Inspection}} Recording */

const SITE = new URL("../", import.meta.url);

/** The page that is seen, as the site names it: while another one is fetched, the address is that one's already. */
function pageInSight() {
  return document.querySelector("learn-bench")?.getAttribute("data-page") ?? "";
}

/** @type {Map<string, Promise<Recording | null>>} */
const recordings = new Map();

/**
 * What the build recorded for a page; null where there is nothing.
 *
 * @param {string} page  its address below the site's
 */
async function recordingOf(page) {
  if (!page) return null;
  const url = new URL(`${page}recorded.json`, SITE).href;
  const recording = recordings.get(url) ?? fetchRecording(url);
  recordings.set(url, recording);
  return recording;
}

/**
 * @param {string} url
 * @returns {Promise<Recording | null>}
 */
async function fetchRecording(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) return null;
  return decode(await response.json());
}

/**
 * Whether two wants ask the same, in whatever order.
 *
 * @param {any} a
 * @param {any} b
 */
function isSame(a, b) {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/**
 * @template T
 * @param {() => T} call
 * @returns {T | string}  the result, or the error as text
 */
function attempt(call) {
  try {
    return call();
  } catch (error) {
    return String(error);
  }
}
