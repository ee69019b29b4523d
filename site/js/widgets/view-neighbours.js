// @ts-check
/**
 * <view-neighbours n="8">: the tokens whose rows of wte point most nearly the same way as that of the token looked at, or
 * of one that the reader types.
 *
 * @typedef {{id: number, piece: string, read_as: string[], ids: number[], tokens: string[],
 *   cosines: import("../arrays.js").NDArray, n_vocab: number, mean: number, deviation: number}} Value
 */
import { barCell, dataTable } from "./data-table.js";
import { make, uniqueId } from "./dom.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";

export class ViewNeighbours extends LiveView {
  #id = uniqueId("neighbours-of");
  #input = make("input", {
    id: this.#id,
    type: "text",
    class: "view-input",
    autocomplete: "off",
    spellcheck: "false",
  });
  #label = make("label", { for: this.#id, class: "pb-caption" }, "Neighbours of");
  #form = make("p", { class: "view-choices" }, this.#label, this.#input);
  #found = make("div");

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#input.oninput = () => this.refresh();
  }

  /** What is typed is text, even where it could be a number. @override */
  get want() {
    const of = this.#input.value;
    return of ? { ...super.want, of } : super.want;
  }

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw(value, { model }) {
    if (!this.#form.isConnected) this.body.replaceChildren(this.#form, this.#found);
    this.#form.hidden = !model.has_vocabulary;
    this.#input.disabled = this.dataset.state === "recorded";
    this.#input.placeholder = `${visible(value.piece)} (the token looked at)`;
    this.#found.replaceChildren(table(value), summary(value, this.#input.value));
  }
}

/** @param {Value} value */
function table({ piece, tokens, ids, cosines }) {
  const rows = tokens.map((token, i) => {
    const cosine = cosines.data[i];
    return [make("code", {}, visible(token)), String(ids[i]), barCell(cosine, signed(cosine))];
  });
  return dataTable({
    caption: ["Nearest to ", make("code", {}, visible(piece))],
    heads: ["token", "id", "cosine"],
    rows,
    kind: "bars",
    numeric: [1],
  });
}

/**
 * @param {Value} value
 * @param {string} typed
 */
function summary({ read_as, n_vocab, mean, deviation }, typed) {
  const among = `Over all ${(n_vocab - 1).toLocaleString("en")} other tokens the cosine is ${signed(mean)} on average, with a standard deviation of ${deviation.toFixed(2)}.`;
  if (!typed || read_as.length === 1) return make("p", { class: "view-hint" }, among);
  const pieces = read_as.map((piece) => make("code", {}, visible(piece)));
  return make(
    "p",
    { class: "view-hint" },
    `That is ${read_as.length} tokens, `,
    ...pieces.flatMap((piece, i) => (i ? [" ", piece] : [piece])),
    "; these are the neighbours of the first. ",
    among,
  );
}

/** @param {number} cosine */
const signed = (cosine) => cosine.toFixed(2).replace("-", "−");

customElements.define("view-neighbours", ViewNeighbours);
