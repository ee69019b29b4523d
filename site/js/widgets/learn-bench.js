// @ts-check
/**
 * <learn-bench>: the prompt box and a page's live view, beside the prose where there is room. On a phone it is a sheet at
 * the bottom of the screen: a bar with the prompt's first words, which opens and closes the rest.
 */
import { engine } from "../engine.js";
import { make, uniqueId } from "./dom.js";
import { visible } from "./text.js";

export class LearnBench extends HTMLElement {
  #words = make("span", { class: "learn-sheet-words" });
  #toggle = make("button", { type: "button", class: "learn-sheet-toggle", "aria-expanded": "false" });
  #sheet = make("div", { class: "learn-sheet", id: uniqueId("learn-sheet") });
  /** @type {AbortController | null} */
  #presence = null;

  connectedCallback() {
    if (!this.#sheet.parentElement) {
      this.#sheet.append(...this.childNodes);
      this.#toggle.append(make("span", { class: "learn-sheet-caption" }, "Prompt"), this.#words);
      this.#toggle.setAttribute("aria-controls", this.#sheet.id);
      this.#toggle.addEventListener("click", () => this.#open(!this.isOpen));
      this.append(this.#toggle, this.#sheet);
    }
    this.#presence = new AbortController();
    const { signal } = this.#presence;
    engine.addEventListener("prompt", () => this.#showWords(), { signal });
    this.addEventListener("keydown", (event) => this.#close(event), { signal });
    this.#showWords();
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  get isOpen() {
    return this.hasAttribute("data-open");
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.toggleAttribute("data-open", isOpen);
    this.#toggle.setAttribute("aria-expanded", String(isOpen));
  }

  /** @param {KeyboardEvent} event */
  #close(event) {
    if (event.key !== "Escape" || !this.isOpen) return;
    this.#open(false);
    this.#toggle.focus();
  }

  #showWords() {
    const prompt = engine.session.prompt ?? this.querySelector("prompt-box")?.getAttribute("prompt") ?? "";
    this.#words.textContent = visible(prompt.slice(0, 80)).replaceAll("␣", " ");
  }
}

customElements.define("learn-bench", LearnBench);
