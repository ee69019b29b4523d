// @ts-check
/**
 * <model-editor function="softmax">: edits a function of the running model (function="model": all of model.py), in place of
 * the code in the block that it stands in. Without such a block, whoever has a text for it calls `put`.
 *
 *     data-state:  closed ◄──► open ──► working ──► done | failed | stopped      data-edited: it runs in the model
 */
import { edits } from "../edits.js";
import { BeforeAfter } from "./before-after.js";
import { codeEditor } from "./code-editor.js";
import { make } from "./dom.js";

/** @param {string} text @param {string} className */
const button = (text, className = "edit-quiet") => make("button", { type: "button", class: className }, text);

export class ModelEditor extends HTMLElement {
  #edit = button("Edit", "edit-open");
  #run = button("Run", "edit-run");
  #stop = button("Stop");
  #reset = button("Reset");
  #close = button("Close");
  #status = make("span", { class: "edit-status", role: "status" });
  #code = make("div", { class: "edit-code" });
  #error = make("div", { class: "edit-error", role: "alert" });
  #outcome = new BeforeAfter();
  #panel = make(
    "div",
    { class: "edit-panel", hidden: true },
    this.#code,
    make("div", { class: "edit-actions" }, this.#run, this.#stop, this.#reset, this.#close, this.#status),
    this.#error,
    this.#outcome.element,
  );
  /** @type {Promise<import("./code-editor.js").CodeEditor> | null} */
  #editor = null;
  /** @type {AbortController | null} */
  #presence = null;

  get function() {
    return this.getAttribute("function") ?? "";
  }

  connectedCallback() {
    if (!this.#panel.parentElement) this.#build();
    this.#presence = new AbortController();
    edits.addEventListener("change", () => this.#show(), { signal: this.#presence.signal });
    this.#edit.hidden = !this.#block;
    if (this.dataset.experiments !== undefined && !this.function) this.#resume();
    else if (this.#block && edits.drafts.has(this.function)) this.open();
    this.#show();
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  /** Opens the editor with the reader's text, or with the code as it stands on the page. */
  async open() {
    this.#panel.hidden = false;
    this.#edit.hidden = true;
    this.#block?.classList.add("is-editing");
    this.#show();
    return this.#withEditor();
  }

  /**
   * Takes a text for a function, shows it and runs it.
   *
   * @param {string} name
   * @param {string} text
   */
  async put(name, text) {
    if (this.function && this.function !== name) await edits.restore(this.function);
    this.setAttribute("function", name);
    edits.keep(name, text);
    const editor = await this.open();
    editor.text = text;
    return edits.run(name, text);
  }

  #build() {
    this.append(this.#edit, this.#panel);
    this.#edit.setAttribute("aria-label", `Edit ${this.function === "model" ? "model.py" : this.function}`);
    this.#edit.addEventListener("click", async () => (await this.open()).focus());
    this.#run.addEventListener("click", () => this.#start());
    this.#run.title = "Ctrl+Enter, or ⌘+Enter";
    this.#stop.setAttribute("aria-label", "Stop the edit"); // the box has a Stop of its own
    this.#stop.addEventListener("click", () => edits.stop());
    this.#reset.addEventListener("click", () => this.#restore());
    this.#close.addEventListener("click", () => this.#shut());
  }

  /** The block of code that this is about. */
  get #block() {
    return this.closest(".live-source");
  }

  /** The code that the page came with. */
  get #printed() {
    return this.#block?.querySelector("code")?.textContent?.trimEnd() ?? "";
  }

  /** Shows again what was run here before the reader went to another page. */
  #resume() {
    const [name] = [...edits.drafts].findLast(([, { page }]) => page === location.pathname) ?? [];
    if (!name) return;
    this.setAttribute("function", name);
    this.open();
  }

  #withEditor() {
    this.#editor ??= codeEditor(this.#code, {
      text: edits.drafts.get(this.function)?.text ?? this.#printed,
      label: `Code of ${this.function}`,
      onChange: (text) => edits.keep(this.function, text),
      onRun: () => this.#start(),
    });
    return this.#editor;
  }

  async #start() {
    const editor = await this.#withEditor();
    editor.unmark();
    await edits.run(this.function, editor.text);
    const place = edits.outcome?.error?.edit;
    if (edits.outcome?.name === this.function && place?.name === this.function && place.lineno)
      editor.mark(place.lineno, edits.outcome.error?.message ?? "");
  }

  async #restore() {
    const editor = await this.#withEditor();
    editor.unmark();
    await edits.restore(this.function);
    editor.text = this.#printed || (await edits.ask("source", [this.function]));
    edits.drafts.delete(this.function); // the editor's change was noted as one of the reader's
    this.#show();
  }

  #shut() {
    this.#panel.hidden = true;
    this.#edit.hidden = !this.#block;
    this.#block?.classList.remove("is-editing");
    this.#show();
    this.#edit.focus();
  }

  #show() {
    const outcome = edits.outcome?.name === this.function ? edits.outcome : null;
    const isEdited = this.function in edits.engine.edits;
    this.toggleAttribute("data-edited", isEdited);
    this.dataset.state = this.#panel.hidden ? "closed" : (outcome?.status ?? "open");
    this.#edit.textContent = isEdited ? "Edited" : "Edit";
    this.#run.disabled = edits.isWorking;
    this.#stop.disabled = outcome?.status !== "working";
    this.#status.textContent = statusOf(outcome?.status, isEdited);
    this.#showError(outcome?.error ?? null);
    this.#outcome.show(outcome);
  }

  /** @param {import("../errors.js").PlainError | null} error */
  #showError(error) {
    const key = JSON.stringify(error);
    if (this.#error.dataset.shown === key) return;
    this.#error.dataset.shown = key;
    this.#error.replaceChildren();
    if (!error) return;
    this.#error.append(make("p", {}, make("strong", {}, error.message), " ", error.hint));
    if (error.edit?.traceback) {
      const scroll = { tabindex: "0", role: "region", "aria-label": "Traceback" };
      this.#error.append(make("pre", scroll, error.edit.traceback.trimEnd()));
    }
  }
}

/**
 * @param {string | undefined} status
 * @param {boolean} isEdited
 */
function statusOf(status, isEdited) {
  if (status === "working") return isEdited ? "Writing, before and after …" : "Trying it out …";
  if (status === "stopped") return isEdited ? "Stopped." : "Stopped. The model is as it was.";
  return isEdited ? "This runs in the model now." : "";
}

customElements.define("model-editor", ModelEditor);
