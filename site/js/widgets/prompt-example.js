// @ts-check
/**
 * <prompt-example model="124M"><pre>…</pre></prompt-example>: a prompt to read, with a button that puts it into the page's
 * prompt box. `model` names what it takes to answer it; without one, the small model will do.
 */
import { make } from "./dom.js";

export class PromptExample extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("button")) return;
    const put = make("button", { type: "button", class: "view-button" }, "Put into the prompt box");
    const done = make("span", { role: "status" });
    put.addEventListener("click", () => {
      fill(this.querySelector("pre")?.textContent ?? "");
      done.textContent = this.#advice();
    });
    this.append(make("p", { class: "prompt-example-actions" }, put, " ", done));
  }

  /** What to do now. */
  #advice() {
    const wanted = this.getAttribute("model");
    const chosen = /** @type {HTMLSelectElement | null} */ (
      document.querySelector("prompt-box .pb-model select")
    );
    if (!wanted || !chosen || chosen.value === wanted) return "It is in the box: press Generate there.";
    return `It is in the box. The model chosen there is another one: ${wanted} is the one to try this with.`;
  }
}

/**
 * As if the reader had typed it.
 *
 * @param {string} text
 */
function fill(text) {
  const field = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("prompt-box .pb-prompt"));
  if (!field) return;
  field.value = text.replace(/\n$/, "");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

customElements.define("prompt-example", PromptExample);
