// @ts-check
/** <edit-banner>: says on every page, as long as the model is changed, where. One for the whole site, below the header. */
import { edits } from "../edits.js";
import { make } from "./dom.js";

export class EditBanner extends HTMLElement {
  #words = make("span", {});
  #reset = make("button", { type: "button", class: "edit-quiet" }, "Reset all");

  connectedCallback() {
    this.setAttribute("role", "status");
    this.append(this.#words, this.#reset);
    this.#reset.addEventListener("click", () => edits.restore());
    edits.addEventListener("change", () => this.#show());
    this.#show();
  }

  #show() {
    const names = Object.keys(edits.engine.edits);
    this.hidden = names.length === 0;
    const links = names.flatMap((name, i) => [i ? ", " : "", link(name)]);
    this.#words.replaceChildren("The model is edited: ", ...links, ". ");
  }
}

/** @param {string} name */
function link(name) {
  const page = edits.drafts.get(name)?.page;
  const code = make("code", {}, name === "model" ? "model.py" : name);
  return page ? make("a", { href: page }, code) : code;
}

customElements.define("edit-banner", EditBanner);

// The theme swaps what follows the header from page to page; this stays.
document.querySelector("[data-md-component=container]")?.before(document.createElement("edit-banner"));
