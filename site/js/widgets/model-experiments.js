// @ts-check
/**
 * Experiments without typing. What is prepared in Python is put into the page's one editor, where it can be read and
 * changed, and runs:
 *
 *     <model-presets>    a button for each prepared edit
 *     <model-ablation>   attention heads and feed-forward layers to silence by clicking them
 *
 * The editor is the `<model-editor>` without a function of its own.
 */
import { edits } from "../edits.js";
import { engine } from "../engine.js";
import { explain } from "../errors.js";
import { make } from "./dom.js";

/** @typedef {{title: string, name: string, source: string, what: string, watch: string}} Preset */

/** @returns {import("./model-editor.js").ModelEditor | null} */
const pageEditor = () => document.querySelector("model-editor[data-experiments]");

/** What needs a model to be drawn. */
class Experiment extends HTMLElement {
  /** @type {AbortController | null} */
  #presence = null;
  #drawn = "";

  connectedCallback() {
    this.#presence = new AbortController();
    const { signal } = this.#presence;
    engine.addEventListener("state", () => this.#show(), { signal });
    edits.addEventListener("change", () => this.mark(), { signal });
    if (!this.childElementCount)
      this.append(make("p", { class: "view-hint" }, "As soon as the model is here."));
    this.#show();
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  async #show() {
    const { info } = engine.state;
    if (!info || this.#drawn === info.name) return;
    this.#drawn = info.name;
    try {
      this.replaceChildren(...(await this.parts(info)));
      this.mark();
    } catch (error) {
      this.#drawn = "";
      this.replaceChildren(make("p", { role: "alert" }, explain(error).message));
    }
  }

  /** @param {import("../engine.js").ModelInfo} _info @returns {Promise<HTMLElement[]>} */
  async parts(_info) {
    return [];
  }

  /** Says which of the choices is in the model. */
  mark() {}
}

class ModelPresets extends Experiment {
  #words = make("p", { class: "edit-words", "aria-live": "polite" });
  /** @type {Map<HTMLElement, Preset>} */
  #presets = new Map();

  /** @override */
  async parts() {
    const presets = /** @type {Preset[]} */ (await edits.ask("presets", []));
    this.#presets.clear();
    for (const preset of presets) {
      const button = make("button", { type: "button", class: "edit-quiet" }, preset.title);
      button.addEventListener("click", () => this.#choose(preset));
      this.#presets.set(button, preset);
    }
    return [make("div", {}, ...this.#presets.keys()), this.#words];
  }

  /** @override */
  mark() {
    for (const [button, { name, source }] of this.#presets)
      button.setAttribute("aria-pressed", String(engine.edits[name] === source));
  }

  /** @param {Preset} preset */
  #choose({ name, source, what, watch }) {
    this.#words.textContent = `${what} ${watch}`;
    pageEditor()?.put(name, source);
  }
}

class ModelAblation extends Experiment {
  /** @type {Map<string, HTMLElement>} "heads 0 3" or "ffns 0" */
  #cells = new Map();
  #name = "gpt2"; // the function that an ablation edits
  #nClicks = 0;
  #nPending = 0; // clicks whose edit is not in the model yet
  /** @type {Readonly<Record<string, string>> | null} the state of the model that is shown */
  #shown = null;

  /** @override @param {import("../engine.js").ModelInfo} info */
  async parts({ n_layer, n_head }) {
    this.#cells.clear();
    this.#shown = null;
    const heads = [...Array(n_head).keys()];
    const corner = make("th", { scope: "col" }, "block");
    const names = [...heads.map((head) => `head ${head}`), "feed-forward"];
    const head = make("tr", {}, corner, ...names.map((name) => make("th", { scope: "col" }, name)));
    const rows = [...Array(n_layer).keys()].map((layer) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, String(layer)),
        ...heads.map((n) => this.#cell(`heads ${layer} ${n}`, `Head ${n} of block ${layer}`)),
        this.#cell(`ffns ${layer}`, `Feed-forward layer of block ${layer}`),
      ),
    );
    const table = make("table", { class: "edit-grid" }, make("thead", {}, head), make("tbody", {}, ...rows));
    const scroll = {
      class: "edit-scroll-x",
      tabindex: "0",
      role: "region",
      "aria-label": "Heads and layers",
    };
    return [make("div", scroll, table)];
  }

  /** @override  shows what is silent in the model, whoever has silenced it */
  async mark() {
    const { edits: texts } = engine;
    if (this.#nPending > 0 || texts === this.#shown || !engine.state.info) return;
    this.#shown = texts;
    /** @type {{heads: number[][], ffns: number[]}} */
    const silent = await edits.ask("silenced", []).catch(() => ({ heads: [], ffns: [] }));
    if (this.#nPending > 0 || texts !== engine.edits) return; // another choice by now
    const keys = [
      ...silent.heads.map((at) => `heads ${at.join(" ")}`),
      ...silent.ffns.map((n) => `ffns ${n}`),
    ];
    for (const [key, cell] of this.#cells) cell.setAttribute("aria-pressed", String(keys.includes(key)));
  }

  /** @param {string} key @param {string} label */
  #cell(key, label) {
    const toggle = { type: "button", class: "edit-cell", "aria-label": label, "aria-pressed": "false" };
    const button = make("button", toggle);
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      this.#nPending += 1;
      this.#shown = null;
      this.#silence().finally(() => {
        this.#nPending -= 1;
        this.mark();
      });
    });
    this.#cells.set(key, button);
    return make("td", {}, button);
  }

  async #silence() {
    const silent = [...this.#cells].filter(([, cell]) => cell.getAttribute("aria-pressed") === "true");
    /** @param {string} kind */
    const chosen = (kind) =>
      silent
        .map(([key]) => key.split(" "))
        .filter(([name]) => name === kind)
        .map(([, ...at]) => at.map(Number));
    this.#nClicks += 1;
    const click = this.#nClicks;
    if (silent.length === 0) return edits.restore(this.#name);
    const source = await edits.ask("ablation_source", [chosen("heads"), chosen("ffns").flat()]);
    if (click === this.#nClicks) await pageEditor()?.put(this.#name, source); // else the choice is another one by now
  }
}

customElements.define("model-presets", ModelPresets);
customElements.define("model-ablation", ModelAblation);
