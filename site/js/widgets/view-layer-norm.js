// @ts-check
/**
 * <view-layer-norm norm="ln_1">: the vector of the token looked at on its way through a layer norm.
 *
 * @typedef {import("./vector-strips.js").Vector} Vector
 * @typedef {{norm: string, x: Vector, normalised: Vector, g: Vector, b: Vector, y: Vector, variance: number,
 *   eps: number}} Value
 */
import { short } from "../arrays.js";
import "./vector-strips.js";
import { dataTable } from "./data-table.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { nameOf, normChoice } from "./norm-choice.js";
import { visible } from "./text.js";

export class ViewLayerNorm extends LiveView {
  #choice = normChoice();
  #caption = make("p", { class: "view-caption" });
  #strips = /** @type {import("./vector-strips.js").VectorStrips} */ (
    document.createElement("vector-strips")
  );
  #facts = make("div");

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw(value, { focus, pieces }) {
    if (!this.#strips.isConnected)
      this.body.replaceChildren(this.#choice, this.#caption, this.#facts, this.#strips);
    const { norm, x, normalised, g, b, y } = value;
    this.#choice.show(norm, this.dataset.state === "recorded");
    const token = make("code", {}, visible(pieces[focus.token]));
    this.#caption.replaceChildren(token, ` at position ${focus.token}, in ${nameOf(norm, focus.layer)}`);
    this.#facts.replaceChildren(facts({ x, normalised, y }));
    this.#strips.show({
      strips: [
        { name: "x", note: "goes in", vector: x },
        { name: "x̂", note: "minus the mean, over the deviation", vector: normalised },
        { name: "g", note: "gain, learned", vector: g },
        { name: "b", note: "bias, learned", vector: b },
        { name: "g * x̂ + b", note: "comes out", vector: y },
      ],
      read: (channel) => reading(value, channel),
    });
  }
}

/**
 * The sum of one channel, written out.
 *
 * @param {Value} value
 * @param {number} channel
 */
function reading({ x, normalised, g, b, y, variance, eps }, channel) {
  const [from, plain, gain, bias, to] = [x, normalised, g, b, y].map(({ values }) => values.data[channel]);
  const difference = `${short(from)} ${signed(-x.mean)}`;
  const deviation = `√(${short(variance)} + ${short(eps)})`;
  return `(${difference}) / ${deviation} = ${short(plain)}; ${short(gain)} × ${short(plain)} ${signed(bias)} = ${short(to)}`;
}

/** @param {number} number  as something that is added */
const signed = (number) => (number < 0 ? `− ${short(-number)}` : `+ ${short(number)}`);

/** @param {{x: Vector, normalised: Vector, y: Vector}} vectors */
function facts({ x, normalised, y }) {
  const rows = Object.entries({ x, x̂: normalised, "g * x̂ + b": y }).map(
    ([name, { mean, deviation, length }]) => [
      make("code", {}, name),
      ...[mean, deviation, length].map(about),
    ],
  );
  return dataTable({ heads: ["", "mean", "standard deviation", "length"], rows, kind: "plain-numbers" });
}

/** What rounding has left of 0 reads as 0. @param {number} number */
const about = (number) => (Math.abs(number) < 1e-5 ? "0" : short(number));

customElements.define("view-layer-norm", ViewLayerNorm);
