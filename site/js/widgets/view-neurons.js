// @ts-check
/**
 * <view-neurons n="8">: the neurons that a token excites most: how much, the words whose logits that raises, and the same
 * neuron's activation along the whole text.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {{neuron: number, activation: number, words: string[], along: NDArray}} Neuron
 * @typedef {{neurons: Neuron[], n_neurons: number, share: number}} Value
 */
import { short } from "../arrays.js";
import { views } from "../views.js";
import { dataTable, scroller } from "./data-table.js";
import { make } from "./dom.js";
import { heatMap } from "./heat-map.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";

export class ViewNeurons extends LiveView {
  #scroll = scroller("The strongest neurons");
  /** @type {import("./heat-map.js").HeatMap | null} */
  #along = null;

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ neurons, n_neurons, share }, { focus, pieces }) {
    const caption = [
      `The ${neurons.length} of ${n_neurons.toLocaleString("en")} neurons of block ${focus.layer} that `,
      make("code", {}, visible(pieces[focus.token])),
      ` excites most; ${percent(share)} of the sum of all squares is theirs.`,
    ];
    const heads = ["neuron", "activation", "tokens that it makes likelier"];
    this.#scroll.replaceChildren(dataTable({ caption, heads, rows: neurons.map(rowOf), numeric: [1] }));
    const options = alongText(neurons, pieces);
    if (this.#along) this.#along.options = options;
    else {
      this.#along = heatMap(options);
      const words = "The same neurons along the text, one column a token:";
      this.body.replaceChildren(this.#scroll, make("p", { class: "view-caption" }, words), this.#along);
    }
  }
}

/** @param {Neuron} neuron */
function rowOf({ neuron, activation, words }) {
  const codes = words.flatMap((word) => [make("code", {}, visible(word)), " "]);
  return [String(neuron), short(activation), make("span", {}, ...codes)];
}

/**
 * The same neurons at every token of the text; a click looks at the token.
 *
 * @param {Neuron[]} neurons
 * @param {string[]} pieces
 */
function alongText(neurons, pieces) {
  const n = pieces.length;
  const data = new Float32Array(neurons.length * n);
  neurons.forEach(({ along }, i) => {
    data.set(along.data, i * n);
  });
  return {
    label: "These neurons at every token of the text",
    table: { shape: [neurons.length, n], dtype: /** @type {const} */ ("float32"), data },
    rows: neurons.map(({ neuron }) => `neuron ${neuron}`),
    columns: pieces.map(visible),
    names: /** @type {const} */ ("both"),
    scale: /** @type {const} */ ("diverging"),
    rowHeight: 16,
    onPick: (/** @type {number} */ _row, /** @type {number} */ token) => views.look({ token }),
  };
}

customElements.define("view-neurons", ViewNeurons);
