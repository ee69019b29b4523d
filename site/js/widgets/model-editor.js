// @ts-check
/**
 * <model-editor function="softmax">: edits a function of the running model (function="model": all of model.py), in place of
 * the code in the block that it stands in. Without such a block, whoever has a text for it calls `put`.
 *
 * While it is closed and the model runs another text than the page has printed, that text stands in the block.
 *
 *     data-state:  closed ◄──► open ──► working ──► done | failed | stopped      data-edited: it runs in the model
 */
import { edits } from "../edits.js";
import { BeforeAfter } from "./before-after.js";
import { codeEditor } from "./code-editor.js";
import { make } from "./dom.js";
import { EditedCode } from "./edited-code.js";

/** @param {string} text @param {string} className */
const button = (text, className = "edit-quiet") => make("button", { type: "button", class: className }, text);

export class ModelEditor extends HTMLElement {
  #edited = new EditedCode();
  #edit = button("Edit", "edit-open");
  #undo = button("Reset");
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
    this.append(this.#edited.element, this.#edit, this.#undo, this.#panel);
    this.#edit.setAttribute("aria-label", `Edit ${this.function === "model" ? "model.py" : this.function}`);
    this.#edit.addEventListener("click", async () => (await this.open()).focus());
    this.#run.addEventListener("click", () => this.#start());
    this.#run.title = "Ctrl+Enter, or ⌘+Enter";
    this.#stop.setAttribute("aria-label", "Stop the edit"); // the box has a Stop of its own
    this.#stop.addEventListener("click", () => edits.stop());
    for (const reset of [this.#reset, this.#undo]) reset.addEventListener("click", () => this.#restore());
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
      text: edits.drafts.get(this.function)?.text ?? edits.changed[this.function] ?? this.#printed,
      label: `Code of ${this.function}`,
      onChange: (text) => {
        edits.keep(this.function, text);
        this.#show();
      },
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
    const isOpen = !this.#panel.hidden;
    await edits.restore(this.function);
    if (!this.#editor) return this.#edit.focus();
    const editor = await this.#editor;
    editor.unmark();
    editor.text = this.#printed || (await edits.ask("source", [this.function]));
    if (!isOpen) this.#edit.focus();
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
    this.#showCode(isEdited);
    this.#run.disabled = edits.isWorking || edits.isStopping;
    this.#stop.disabled = outcome?.status !== "working" && !edits.isStopping;
    this.#status.textContent = statusOf(outcome, this.function);
    this.#showError(outcome?.error ?? null);
    this.#outcome.show(outcome);
  }

  /**
   * What runs in place of the printed code, while there is no editor to see it in.
   *
   * @param {boolean} isEdited  by a text of its own
   */
  #showCode(isEdited) {
    const text = edits.changed[this.function];
    const isShown =
      this.#block !== null && this.#panel.hidden && text !== undefined && text !== this.#printed;
    this.#block?.classList.toggle("is-edited", isShown);
    this.#edited.show(isShown ? text : null, this.#printed, isEdited ? "" : whereFrom(this.function));
    this.#undo.hidden = !isShown || !isEdited;
    this.#undo.setAttribute("aria-label", `Reset ${this.function}`);
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
 * The edits of others that may have brought along what is not as it came.
 *
 * @param {string} name
 */
function whereFrom(name) {
  const texts = Object.entries(edits.engine.edits);
  const defines = texts.filter(([, text]) => name === "model" || text.includes(name)).map(([edit]) => edit);
  return (defines.length ? defines : texts.map(([edit]) => edit)).join(", ");
}

/**
 * @param {import("../edits.js").Outcome | null} outcome
 * @param {string} name
 */
function statusOf(outcome, name) {
  const running = edits.engine.edits[name];
  const isEdited = running !== undefined;
  const isThis = edits.drafts.get(name)?.text === running;
  if (edits.isStopping) {
    const seconds = Math.round(edits.graceMs / 1000);
    return `Python was asked to stop and has ${seconds} s to answer. Stop again ends it at once.`;
  }
  if (outcome?.wasEnded) return "Python did not answer and was started anew, with the model as it came.";
  if (outcome?.status === "working") return isThis ? "Writing, before and after …" : "Trying it out …";
  if (outcome?.status === "stopped" && !isEdited) return "Stopped. The model is as it was.";
  if (isEdited && !isThis) return "The text that was run before this one is in the model now.";
  if (outcome?.status === "stopped") return "Stopped. This runs in the model now.";
  return isEdited ? "This runs in the model now." : "";
}

customElements.define("model-editor", ModelEditor);
