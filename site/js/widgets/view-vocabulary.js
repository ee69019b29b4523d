// @ts-check
/**
 * <view-vocabulary query="light" n="24">: a search through the vocabulary. `query` is what the field begins with.
 *
 * @typedef {{id: number, piece: string, halves: string[], half_ids: number[]}} Entry
 * @typedef {{query: string, n_found: number, n_vocab: number, entries: Entry[]}} Value
 */
import { make, uniqueId } from "./dom.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";
import { textTable } from "./text-table.js";

const PAUSE_MS = 200;

export class ViewVocabulary extends LiveView {
  #field = make("input", {
    type: "search",
    id: uniqueId("view-vocabulary"),
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
  });
  #found = make("p", { class: "view-hint", role: "status" });
  #table = make("div", { class: "view-vocabulary-table" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @override */
  connectedCallback() {
    if (!this.body.hasChildNodes()) this.#build();
    super.connectedCallback();
  }

  /** Text as it is, also " 12" or "1e3". @override */
  get want() {
    return { ...super.want, query: this.getAttribute("query") ?? "" };
  }

  #build() {
    this.#field.value = this.getAttribute("query") ?? "";
    const label = make("label", { for: this.#field.id }, "Search the vocabulary: text, spaces too, or an id");
    this.body.append(label, this.#field, this.#found, this.#table);
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), PAUSE_MS);
    });
  }

  #search() {
    this.setAttribute("query", this.#field.value);
    this.refresh();
  }

  /**
   * @override
   * @param {Value} value
   */
  draw({ query, n_found, n_vocab, entries }) {
    const orId = /^\d+$/.test(query) ? ", or as their id" : "";
    const what = query ? `entries have “${visible(query)}” in them${orId}` : "entries";
    const shown = n_found > entries.length ? `: here are the first ${entries.length}` : "";
    const all = n_vocab.toLocaleString("en");
    this.#found.textContent = `${n_found.toLocaleString("en")} of ${all} ${what}${shown}.`;
    const rows = entries.map((entry) => row(entry, n_vocab));
    this.#table.replaceChildren(textTable({ label: "Entries", heads: ["id", "entry", "merged of"], rows }));
  }
}

/**
 * @param {Entry} entry
 * @param {number} n_vocab
 */
function row({ id, piece, halves, half_ids }, n_vocab) {
  const origin = make("span", {});
  halves.forEach((half, i) => {
    const halfId = make("span", { class: "view-word-id" }, ` ${half_ids[i]}`);
    origin.append(...(i > 0 ? [" + "] : []), make("code", {}, visible(half)), halfId);
  });
  if (!halves.length) origin.append(id === n_vocab - 1 ? "the sign between texts" : "a single byte");
  return [String(id), make("code", {}, visible(piece)), origin];
}

customElements.define("view-vocabulary", ViewVocabulary);
