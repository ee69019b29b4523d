// @ts-check
/**
 * <norm-choice>: which layer norm the views of the page are about: `ln_1` or `ln_2` of the layer looked at, or `ln_f`. It
 * stands in each of these views, and a choice in one is a choice in all: their attribute `norm` is set.
 */
import { views } from "../views.js";
import { make, uniqueId } from "./dom.js";

const NAMES = {
  ln_1: "ln_1, before attention",
  ln_2: "ln_2, before the feed-forward network",
  ln_f: "ln_f, after the last block",
};

export class NormChoice extends HTMLElement {
  #id = uniqueId("norm-choice");
  #select = make("select", { id: this.#id });

  connectedCallback() {
    if (this.#select.parentElement) return;
    const options = Object.entries(NAMES).map(([value, text]) => make("option", { value }, text));
    this.#select.append(...options);
    this.#select.addEventListener("change", () => choose(this.#select.value));
    const label = make("label", { for: this.#id, class: "pb-caption" }, "layer norm");
    this.append(make("p", { class: "view-choices" }, label, this.#select));
  }

  /**
   * @param {string} norm
   * @param {boolean} isRecorded  then there is nothing to choose from
   */
  show(norm, isRecorded) {
    this.#select.value = norm;
    this.#select.disabled = isRecorded;
  }
}

/** @param {string} norm */
function choose(norm) {
  for (const view of document.querySelectorAll("[norm]")) view.setAttribute("norm", norm);
  views.refresh(0);
}

/**
 * "ln_2 of block 3", or "ln_f".
 *
 * @param {string} norm
 * @param {number} layer
 */
export const nameOf = (norm, layer) => (norm === "ln_f" ? norm : `${norm} of block ${layer}`);

export const normChoice = () => /** @type {NormChoice} */ (document.createElement("norm-choice"));

customElements.define("norm-choice", NormChoice);
