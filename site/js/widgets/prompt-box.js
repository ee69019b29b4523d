// @ts-check
/**
 * <prompt-box prompt="Once upon a time">: a prompt, its continuation, and the settings between them.
 *
 * In the light DOM, of native controls, so that the theme's colours and the browser's keyboard work. All boxes of the
 * site show the one session of the engine; what stands inside the tag is for readers without JavaScript.
 * The attribute `prompt` is what the box starts with; `data-state` says the engine's phase:
 *
 *     booting ──► loading ──► ready ◄──► generating        error: see [role=alert]
 *
 * Enter submits, Shift+Enter breaks the line, Escape stops.
 *
 * @typedef {import("../errors.js").PlainError} PlainError
 */
import { engine } from "../engine.js";
import { ExplainedError, explain } from "../errors.js";
import { make, uniqueId } from "./dom.js";
import { EngineChoice, engineName } from "./engine-choice.js";
import { ModelPicker } from "./model-picker.js";
import { OwnModels } from "./own-models.js";
import { SettingsFields } from "./settings-fields.js";
import { linkToRun } from "./shared-link.js";
import { StatusLine } from "./status-line.js";
import { TokenOutput } from "./token-output.js";

const END_REASONS = {
  length: "",
  context: "the model's context is full",
  end_of_text: "the model ended the text",
};

export class PromptBox extends HTMLElement {
  #prompt = make("textarea", {
    id: uniqueId("pb-prompt"),
    class: "pb-prompt",
    rows: 3,
    dir: "auto",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "go",
  });
  #promptNote = make("p", { class: "pb-prompt-note", hidden: true, id: uniqueId("pb-prompt-note") });
  #model = make("select", { id: uniqueId("pb-model"), disabled: true });
  #picker = new ModelPicker();
  #own = new OwnModels();
  #engineChoice = new EngineChoice(engine);
  #settings = new SettingsFields(this.#engineChoice.element);
  #generate = make("button", { type: "submit", class: "pb-generate" }, "Generate");
  #stop = make("button", { type: "button", class: "pb-stop", disabled: true }, "Stop");
  #status = new StatusLine();
  #output = new TokenOutput();
  #copy = make("button", { type: "button", class: "pb-quiet", disabled: true }, "Copy");
  #share = make("button", { type: "button", class: "pb-quiet" }, "Share");
  #facts = make("p", { class: "pb-facts" });
  #error = make("div", { class: "pb-error", role: "alert" });
  #form = make("form", { class: "pb-form", novalidate: true });
  /** @type {PlainError | null} of this box's own fields */
  #fieldError = null;
  #isBuilt = false;
  /** @type {AbortController | null} ends the listeners when the box leaves the page */
  #presence = null;

  connectedCallback() {
    if (!this.#isBuilt) this.#build();
    this.#presence = new AbortController();
    const { signal } = this.#presence;
    this.#fillIn();
    engine.addEventListener("state", () => this.#showState(), { signal });
    engine.addEventListener("output", () => this.#showRun(), { signal });
    this.#foldOnPhones(signal);
    document.addEventListener("keydown", (event) => this.#dismissTooltip(event), { signal });
    this.#own.acceptDrops(this, signal);
    engine.start();
    this.#showState();
    this.#showRun();
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  /** What stands in the box: a text, or ids where the model has no vocabulary. Throws where those are no ids. */
  get prompt() {
    if (engine.state.info?.has_vocabulary ?? true) return this.#prompt.value;
    return idsIn(this.#prompt.value);
  }

  #build() {
    this.#isBuilt = true;
    const label = (/** @type {string} */ text, /** @type {HTMLElement} */ control) =>
      make("label", { class: "pb-caption", for: control.id }, text);
    const head = make(
      "div",
      { class: "pb-head" },
      label("Prompt", this.#prompt),
      make("div", { class: "pb-model" }, label("Model", this.#model), this.#model),
    );
    this.#prompt.setAttribute("aria-describedby", this.#promptNote.id);
    const actions = make("div", { class: "pb-actions" }, this.#generate, this.#stop, this.#status.element);
    this.#form.append(head, this.#prompt, this.#promptNote, this.#settings.element, actions);
    const outputHead = make(
      "div",
      { class: "pb-output-head" },
      make("span", { class: "pb-caption", "aria-hidden": "true" }, "Output"),
      make("span", {}, this.#share, this.#copy),
    );
    const result = make("div", { class: "pb-result" }, outputHead, this.#output.element, this.#facts);
    this.replaceChildren(
      this.#form,
      this.#picker.element,
      this.#error,
      result,
      this.#own.element,
      this.#output.tooltip.element,
    );
    this.#listen();
  }

  #listen() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#form.addEventListener("input", () => this.#remember());
    this.#prompt.addEventListener("keydown", (event) => {
      const isComposing = event.isComposing || event.keyCode === 229; // Safari ends a composition before its Enter
      if (event.key !== "Enter" || event.shiftKey || isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) engine.stop();
    });
    this.#model.addEventListener("change", () => engine.choose(this.#model.value));
    this.#stop.addEventListener("click", () => engine.stop());
    this.#copy.addEventListener("click", () => this.#copyText());
    this.#share.addEventListener("click", async () => {
      this.#remember();
      const link = await linkToRun();
      history.replaceState(history.state, "", new URL(link).hash); // to be copied there, where the clipboard is shut
      await navigator.clipboard?.writeText(link).catch(() => {});
      this.#share.textContent = "Link copied";
      setTimeout(() => {
        this.#share.textContent = "Share";
      }, 1500);
    });
  }

  /** Shows what was typed and chosen on another page, or what this page proposes. */
  #fillIn() {
    const { prompt, settings } = engine.session;
    this.#prompt.value = prompt ?? this.getAttribute("prompt") ?? "";
    this.#settings.value = settings;
  }

  #remember() {
    engine.remember({ prompt: this.#prompt.value, settings: this.#settings.value });
  }

  #submit() {
    this.#remember();
    this.#fieldError = null;
    try {
      this.#settings.check();
      engine.generate(this.prompt, this.#settings.value);
    } catch (error) {
      this.#fieldError = explain(error);
    }
    this.#showState();
  }

  #showState() {
    const { state, run } = engine;
    this.dataset.state = state.phase;
    this.#showModels();
    this.#picker.show();
    this.#own.show();
    this.#engineChoice.show(state.info);
    this.#status.show(state, run);
    this.#stop.disabled = !run?.isActive;
    const needsIds = state.info?.has_vocabulary === false;
    this.#promptNote.hidden = !needsIds;
    this.#promptNote.textContent = needsIds
      ? "This model came without a vocabulary: write token ids, such as 12 7 3."
      : "";
    this.#showError(this.#fieldError ?? state.error, !this.#fieldError && Boolean(state.error?.canRetry));
  }

  #showModels() {
    const { models } = engine.state;
    const shown = [...this.#model.options].map(({ value, text }) => [value, text]);
    if (JSON.stringify(shown) !== JSON.stringify(models.map(({ name, title }) => [name, title]))) {
      this.#model.replaceChildren(...models.map(({ name, title }) => make("option", { value: name }, title)));
      this.#model.disabled = models.length === 0;
    }
    this.#model.value = engine.session.model;
  }

  /**
   * @param {PlainError | null} error
   * @param {boolean} canRetry
   */
  #showError(error, canRetry) {
    const key = JSON.stringify(error);
    if (this.#error.dataset.shown === key) return;
    this.#error.dataset.shown = key;
    this.#error.replaceChildren();
    if (!error) return;
    const text = make("p", {}, make("strong", {}, error.message));
    if (error.hint) text.append(" ", error.hint);
    this.#error.append(text);
    if (!canRetry) return;
    const again = make("button", { type: "button", class: "pb-again" }, "Try again");
    again.addEventListener("click", () => engine.restart());
    this.#error.append(again);
  }

  #showRun() {
    const { run, state } = engine;
    this.#output.show(run);
    this.#status.show(state, run);
    this.#stop.disabled = !run?.isActive;
    this.#copy.disabled = !run?.start;
    this.#showFacts();
  }

  /** What a finished run was made with, so that it can be repeated. */
  #showFacts() {
    const { run } = engine;
    this.#facts.replaceChildren();
    if (!run?.start || run.isActive) return;
    const model = engine.state.models.find(({ name }) => name === run.model)?.title ?? run.model;
    const reason = run.status === "done" && run.end ? END_REASONS[run.end.reason] : run.status;
    const facts = [
      model,
      reason && `ended: ${reason}`,
      run.settings.greedy ? "greedy" : `seed ${run.start.seed}`,
      [...run.matmuls].map(engineName).join(", then "),
    ];
    this.#facts.append(facts.filter(Boolean).join(" · "));
    const { seed } = run.start;
    if (run.settings.greedy || run.settings.seed === seed) return;
    const keep = make("button", { type: "button", class: "pb-quiet" }, "Keep this seed");
    keep.addEventListener("click", () => {
      this.#settings.keepSeed(seed);
      this.#remember();
      keep.remove();
    });
    this.#facts.append(" ", keep);
  }

  async #copyText() {
    try {
      await navigator.clipboard.writeText(this.#output.text);
      this.#copy.textContent = "Copied";
    } catch {
      // Without https there is no clipboard: select the text, so that one key copies it.
      getSelection()?.selectAllChildren(this.#output.element);
      this.#copy.textContent = "Selected";
    }
    setTimeout(() => {
      this.#copy.textContent = "Copy";
    }, 1500);
  }

  /** @param {AbortSignal} signal */
  #foldOnPhones(signal) {
    const isWide = matchMedia("(min-width: 45em)");
    const isNarrow = this.closest("learn-bench") !== null;
    const fold = () => this.#settings.element.toggleAttribute("open", isWide.matches && !isNarrow);
    isWide.addEventListener("change", fold, { signal });
    fold();
  }

  /** @param {KeyboardEvent} event */
  #dismissTooltip(event) {
    if (event.key === "Escape") this.#output.tooltip.hide();
  }
}

/**
 * The ids in a text such as "12 7, 3".
 *
 * @param {string} text
 */
function idsIn(text) {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const odd = words.find((word) => !/^\d+$/.test(word));
  if (odd === undefined) return words.map(Number);
  throw new ExplainedError(
    "PromptError",
    `${JSON.stringify(odd)} is not a token id.`,
    "This model came without a vocabulary: write ids, whole numbers with spaces between them.",
  );
}

customElements.define("prompt-box", PromptBox);
