// @ts-check
/**
 * <view-layer-norm-scaled norm="ln_1" factor="10" shift="0">: the reader multiplies the vector by a factor, adds a number to
 * every channel, and sees what a layer norm makes of it.
 *
 * @typedef {import("./vector-strips.js").Vector} Vector
 * @typedef {{norm: string, x: Vector, changed: Vector, y: Vector, y_changed: Vector, largest: number}} Value
 */
import { short } from "../arrays.js";
import "./vector-strips.js";
import { make, uniqueId } from "./dom.js";
import { LiveView } from "./live-view.js";
import { nameOf } from "./norm-choice.js";

const FACTORS = [-10, -1, 0.0001, 0.001, 0.01, 0.1, 0.5, 1, 2, 10, 100, 1000];
const SHIFTS = [-1000, -100, -10, -1, 0, 1, 10, 100, 1000];

export class ViewLayerNormScaled extends LiveView {
  #controls = make("div", { class: "view-choices" });
  #caption = make("p", { class: "view-caption", "aria-live": "polite" });
  #strips = /** @type {import("./vector-strips.js").VectorStrips} */ (
    document.createElement("vector-strips")
  );

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ norm, x, changed, y, y_changed, largest }, { focus }) {
    if (!this.#strips.isConnected) this.#build();
    for (const select of this.#controls.querySelectorAll("select"))
      select.disabled = this.dataset.state === "recorded";
    this.#caption.textContent = `After ${nameOf(norm, focus.layer)}, no channel of the two results differs by more than ${short(largest)}.`;
    this.#strips.show({
      strips: [
        { name: "x", note: "goes in", vector: x },
        { name: "x′", note: "goes in instead", vector: changed, limit: x.limit },
        { name: "layer_norm(x)", note: "", vector: y },
        { name: "layer_norm(x′)", note: "", vector: y_changed, limit: y.limit },
      ],
      read: (channel) => {
        const [from, to] = [x, y].map(({ values }) => short(values.data[channel]));
        const [other, otherTo] = [changed, y_changed].map(({ values }) => short(values.data[channel]));
        return `${from} becomes ${to}; ${other} becomes ${otherTo}`;
      },
    });
  }

  #build() {
    this.#controls.replaceChildren(
      make("code", {}, "x′ ="),
      this.#choice("factor", FACTORS),
      make("code", {}, "* x +"),
      this.#choice("shift", SHIFTS),
    );
    this.body.replaceChildren(this.#controls, this.#caption, this.#strips);
  }

  /**
   * @param {"factor" | "shift"} name
   * @param {number[]} numbers
   */
  #choice(name, numbers) {
    const select = make("select", { id: uniqueId(name), "aria-label": name });
    select.append(...numbers.map((n) => make("option", { value: n }, `${n}`.replace("-", "−"))));
    select.value = this.getAttribute(name) ?? "";
    select.addEventListener("change", () => {
      this.setAttribute(name, select.value);
      this.refresh();
    });
    return select;
  }
}

customElements.define("view-layer-norm-scaled", ViewLayerNormScaled);
