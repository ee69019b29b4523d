// @ts-check
/**
 * <view-embeddings>: how the first vector of the token looked at is made: its row of wte plus its position's row of wpe.
 *
 * @typedef {import("./vector-strips.js").Vector} Vector
 * @typedef {{id: number, piece: string, position: number, shapes: Record<"wte" | "wpe" | "x", number[]>,
 *   limit: number, wte: Vector, wpe: Vector, x: Vector}} Value
 */
import { short } from "../arrays.js";
import "./vector-strips.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";

export class ViewEmbeddings extends LiveView {
  #caption = make("p", { class: "view-caption" });
  #strips = /** @type {import("./vector-strips.js").VectorStrips} */ (
    document.createElement("vector-strips")
  );
  #shapes = make("p", { class: "view-hint" });

  /**
   * @override
   * @param {Value} value
   */
  draw({ id, piece, position, shapes, limit, wte, wpe, x }) {
    if (!this.#strips.isConnected) this.body.replaceChildren(this.#caption, this.#strips, this.#shapes);
    this.#caption.replaceChildren(
      make("code", {}, visible(piece)),
      ` is id ${id}, and stands at position ${position}`,
    );
    const rows = { wte, wpe, x };
    this.#strips.show({
      strips: [
        { name: `wte[${id}]`, note: `length ${short(wte.length)}`, vector: wte, limit },
        { name: `+ wpe[${position}]`, note: `length ${short(wpe.length)}`, vector: wpe, limit },
        { name: `= x[${position}]`, note: `length ${short(x.length)}`, vector: x, limit },
      ],
      read: (channel) => {
        const [a, b, sum] = Object.values(rows).map(({ values }) => short(values.data[channel]));
        return `${a} + ${b} = ${sum}`.replace("+ −", "− ");
      },
    });
    const sizes = Object.entries(shapes).map(
      ([name, shape]) => `${name} ${shape.map((n) => n.toLocaleString("en")).join(" × ")}`,
    );
    this.#shapes.textContent = `${sizes.join(" · ")} · one colour scale for all three, to ±${short(limit)}`;
  }
}

customElements.define("view-embeddings", ViewEmbeddings);
