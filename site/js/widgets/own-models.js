// @ts-check
/**
 * A fold under the prompt: open a checkpoint from this device (by picking or dropping it), and what this browser has
 * stored, with Clear.
 *
 * @typedef {{key: string, title: string, held: number, isWhole: boolean, isVerified: boolean}} Stored
 */
import { engine } from "../engine.js";
import { make } from "./dom.js";
import { ParityBadge } from "./parity-badge.js";
import { size } from "./text.js";

export class OwnModels {
  #file = make("input", {
    type: "file",
    class: "mp-file",
    multiple: true,
    accept: ".safetensors,.json,.txt,.bpe,.zip",
    "aria-label": "Open a checkpoint from this device",
  });
  #list = make("ul", { class: "mp-stored" });
  #clear = make("button", { type: "button", class: "mp-clear", hidden: true }, "Clear"); // until the list is there
  #parity = new ParityBadge();
  #told = make("p", { class: "mp-note", role: "status" });
  element = make(
    "details",
    { class: "mp-own" },
    make("summary", {}, "Your own models, and storage"),
    this.#parity.element,
    make(
      "p",
      {},
      "Open a ",
      make("code", {}, "model.safetensors"),
      " of a GPT-2 from this device, with its config.json and merges.txt if you have them, or a .zip of these, or drop the files on this box. Nothing is uploaded.",
    ),
    this.#file,
    make("p", { class: "mp-heading" }, "Kept in this browser"),
    this.#list,
    this.#clear,
    this.#told,
  );
  /** @type {Stored[]} */
  #entries = [];
  /** Of the arrival, when it was last looked at. */
  #status = "";
  #nAsked = 0;

  constructor() {
    this.#file.addEventListener("change", () => {
      engine.arrivals.openFiles([...(this.#file.files ?? [])]);
      this.#file.value = ""; // the same file can be picked again
    });
    this.#clear.addEventListener("click", () => this.#clearAll());
    this.element.addEventListener("toggle", () => {
      if (this.element.open) this.refresh();
    });
  }

  /**
   * Files that are dropped on an element are opened.
   *
   * @param {HTMLElement} element
   * @param {AbortSignal} signal
   */
  acceptDrops(element, signal) {
    const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
    element.addEventListener(
      "dragover",
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        element.classList.add("mp-dropping");
      },
      { signal },
    );
    element.addEventListener("dragleave", () => element.classList.remove("mp-dropping"), { signal });
    element.addEventListener(
      "drop",
      (event) => {
        element.classList.remove("mp-dropping");
        if (!hasFiles(event)) return;
        event.preventDefault();
        engine.arrivals.openFiles([...(event.dataTransfer?.files ?? [])]);
      },
      { signal },
    );
  }

  /** Shows what belongs to the model in use. */
  show() {
    this.#parity.show();
    const status = engine.arrivals.current?.status ?? "";
    const isSettled = ["done", "canceled", "failed"].includes(status);
    if (this.element.open && isSettled && status !== this.#status) this.refresh();
    this.#status = status;
  }

  /** Asks the browser anew what it has. */
  async refresh() {
    this.#nAsked += 1;
    const asked = this.#nAsked;
    const { entries, usage, quota } = await engine.arrivals.stored();
    if (asked !== this.#nAsked) return; // a later answer is on its way, and may be another one
    this.#entries = entries;
    this.#list.replaceChildren(...this.#entries.map(lineOf));
    this.#clear.hidden = this.#entries.length === 0;
    if (this.#entries.length === 0) this.#list.append(make("li", {}, "No model."));
    if (quota > 0) {
      this.#list.append(
        make("li", {}, `This origin uses ${size(usage)} of the ${size(quota)} that the browser allows it.`),
      );
    }
  }

  async #clearAll() {
    const { busy } = await engine.arrivals.clearStored(this.#entries.map(({ key }) => key));
    await this.refresh();
    this.#told.textContent = busy.length > 0 ? "A model that is being loaded was left." : "Cleared.";
  }
}

/** @param {Stored} entry */
function lineOf({ title, held, isWhole, isVerified }) {
  const state = isVerified ? "verified" : isWhole ? "whole" : "not whole yet";
  return make("li", {}, `${title}: ${size(held)}, ${state}`);
}
