// @ts-check
/**
 * What all views have in common: each is a custom element `<view-NAME option="…">` that asks Python's view of the same
 * name (`-` for `_`), with the element's attributes as its options, and draws the answer.
 *
 *     data-state:  waiting ──► recorded ──► live        error
 *     data-stale:  the prompt, the model or the focus has changed since
 *
 * A subclass says how to draw: `draw(value, inspection)` fills `this.body`. An attribute that changes is asked anew. The
 * last answer stays in `this.value` (and `this.inspection`), for drawing again and for tests.
 *
 * @typedef {import("../engine.js").Answer} Answer
 * @typedef {import("../engine.js").Inspection} Inspection
 * @typedef {import("../errors.js").PlainError} PlainError
 */
import { views } from "../views.js";
import { make } from "./dom.js";

/** Attributes that are no options. */
const PLAIN = new Set(["class", "id", "style", "hidden", "aria-busy"]);

export class LiveView extends HTMLElement {
  /** @type {HTMLElement} */
  body = make("div", { class: "view-body" });
  #note = make("p", { class: "view-note", hidden: true });
  #isBuilt = false;
  /** @type {any} */
  value = null;
  /** @type {Inspection | null} */
  inspection = null;

  connectedCallback() {
    if (!this.#isBuilt) {
      this.#isBuilt = true;
      this.dataset.state = "waiting";
      this.replaceChildren(this.#note, this.body);
    }
    views.add(this, pagePrompt);
  }

  disconnectedCallback() {
    views.remove(this);
  }

  /** What to ask Python; null: nothing at present. @returns {Record<string, any> | null} */
  get want() {
    const view = this.localName.replace(/^view-/, "").replaceAll("-", "_");
    const options = [...this.attributes].filter(({ name }) => !PLAIN.has(name) && !name.startsWith("data-"));
    return Object.fromEntries([
      ["view", view],
      ...options.map(({ name, value }) => [name.replaceAll("-", "_"), optionOf(value)]),
    ]);
  }

  /** Asks anew, since `want` has changed. */
  refresh() {
    views.refresh(0);
  }

  markStale() {
    if (this.want) this.toggleAttribute("data-stale", true);
    this.setAttribute("aria-busy", "true");
  }

  /**
   * @param {Answer} answer
   * @param {Inspection} inspection
   * @param {boolean} isRecorded
   */
  show(answer, inspection, isRecorded) {
    this.toggleAttribute("data-stale", false);
    this.removeAttribute("aria-busy");
    if ("error" in answer) return this.fail(answer.error);
    this.dataset.state = isRecorded ? "recorded" : "live";
    this.#say(isRecorded ? "Recorded example, until the model has loaded." : "");
    this.value = answer.value;
    this.inspection = inspection;
    this.draw(answer.value, inspection);
  }

  /** @param {PlainError} error */
  fail({ message, hint }) {
    this.toggleAttribute("data-stale", false);
    this.removeAttribute("aria-busy");
    this.dataset.state = "error";
    this.#say([message, hint].filter(Boolean).join(" "));
  }

  /**
   * Fills `this.body`.
   *
   * @param {any} _value
   * @param {Inspection} _inspection
   */
  draw(_value, _inspection) {
    throw new Error(`${this.localName} does not draw`);
  }

  /** @param {string} text */
  #say(text) {
    this.#note.textContent = text;
    this.#note.hidden = !text;
  }
}

/**
 * The value of an attribute as Python gets it: "8" is a number, "" is true.
 *
 * @param {string} text
 */
function optionOf(text) {
  if (text === "") return true;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** What stands in the page's prompt box. */
function pagePrompt() {
  const box = /** @type {import("./prompt-box.js").PromptBox | null} */ (
    document.querySelector("prompt-box")
  );
  return box?.prompt ?? "";
}
