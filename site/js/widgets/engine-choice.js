// @ts-check
/**
 * The choice of what computes the matrix products, SIMD or NumPy alone: two native radio buttons, and a line that says
 * what is on or why there is no choice.
 *
 * @typedef {import("../engine.js").Engine} Engine
 * @typedef {import("../engine.js").ModelInfo} ModelInfo
 */
import { make, uniqueId } from "./dom.js";

const NUMPY = "einsum";

/** @type {Record<string, string>} */
const NOTES = {
  einsum: "np.einsum: NumPy has no BLAS library in a browser",
  simd128: "this site's matrix product in WebAssembly (SIMD)",
  relaxed: "this site's matrix product in WebAssembly (relaxed SIMD)",
};

/**
 * What readers call a kind of matrix product.
 *
 * @param {string} kind
 */
export function engineName(kind) {
  return kind === NUMPY ? "NumPy" : "SIMD";
}

export class EngineChoice {
  #note = make("span", { class: "pb-note", id: uniqueId("pb-engine-note") });
  #simd = this.#radio("simd");
  #numpy = this.#radio("numpy");
  #engine;

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
    const name = uniqueId("pb-engine");
    const options = [this.#simd, this.#numpy].map((radio, i) => {
      radio.name = name;
      radio.addEventListener("change", () => this.#choose());
      return make("label", {}, radio, make("span", {}, ["SIMD", "NumPy"][i]));
    });
    const segments = make("div", { class: "pb-segments" }, ...options);
    const legend = make("legend", { class: "pb-caption" }, "Engine");
    const row = make("div", { class: "pb-engine" }, segments, this.#note);
    this.element = make("fieldset", { class: "pb-field", "data-key": "engine" }, legend, row);
  }

  /** @param {ModelInfo | null} info */
  show(info) {
    const simd = fastest(info);
    this.#numpy.disabled = !info;
    this.#simd.disabled = !simd;
    this.#numpy.checked = info?.matmul === NUMPY;
    this.#simd.checked = Boolean(info) && !this.#numpy.checked;
    const text = info ? NOTES[info.matmul] : "can be chosen once the model is loaded";
    this.#note.textContent =
      info && !simd ? "SIMD is not to be had: this browser lacks it, or its module did not arrive" : text;
  }

  async #choose() {
    const { info } = this.#engine.state;
    const kind = this.#numpy.checked ? NUMPY : fastest(info);
    try {
      if (kind) await this.#engine.useMatmul(kind);
    } catch {
      this.show(this.#engine.state.info); // the engine itself tells of a worker that is gone
    }
  }

  /** @param {string} value */
  #radio(value) {
    return make("input", { type: "radio", value, disabled: true, "aria-describedby": this.#note.id });
  }
}

/** @param {ModelInfo | null} info */
function fastest(info) {
  return ["relaxed", "simd128"].find((kind) => info?.matmuls.includes(kind));
}
