// @ts-check
/**
 * <edit-banner>: says on every page, as long as the model is changed, where; and that an edit is at work which is on
 * another page. One for the whole site, below the header.
 */
import { edits } from "../edits.js";
import { make } from "./dom.js";

export class EditBanner extends HTMLElement {
  #words = make("span", {});
  #stop = make("button", { type: "button", class: "edit-quiet" }, "Stop it");
  #reset = make("button", { type: "button", class: "edit-quiet" }, "Reset all");

  connectedCallback() {
    this.setAttribute("role", "status");
    this.append(this.#words, this.#stop, this.#reset);
    this.#stop.addEventListener("click", () => edits.stop());
    this.#reset.addEventListener("click", () => edits.restore());
    edits.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const names = Object.keys(edits.engine.edits);
    const isElsewhere = edits.isWorking && edits.outcome !== null && !isOpenHere(edits.outcome.name);
    this.hidden = names.length === 0 && !isElsewhere && !edits.isStopping;
    if (this.hidden) return;
    this.#stop.hidden = !isElsewhere && !edits.isStopping;
    this.#stop.textContent = edits.isStopping ? "End it now" : "Stop it";
    this.#reset.hidden = names.length === 0;
    const links = names.flatMap((name, i) => [i ? ", " : "", link(name)]);
    this.#words.replaceChildren(...(names.length ? ["The model is edited: ", ...links, ". "] : []));
    if (edits.isStopping) this.#words.append("Python was asked to stop. ");
    else if (isElsewhere) this.#words.append("An edit of ", link(edits.outcome?.name ?? ""), " is at work. ");
  }
}

/**
 * Whether this page has an editor for it, with a Stop of its own.
 *
 * @param {string} name
 */
function isOpenHere(name) {
  return document.querySelector(`model-editor[function="${name}"]:not([data-state=closed])`) !== null;
}

/** @param {string} name */
function link(name) {
  const page = edits.drafts.get(name)?.page;
  const code = make("code", {}, name === "model" ? "model.py" : name);
  return page ? make("a", { href: page }, code) : code;
}

customElements.define("edit-banner", EditBanner);

const banner = new EditBanner();

/** For a page that is new: what is said of an edit depends on whether its editor is on it. */
export const showBanner = () => banner.show();

// The theme swaps what follows the header from page to page; this stays.
document.querySelector("[data-md-component=container]")?.before(banner);
