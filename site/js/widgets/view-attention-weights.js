// @ts-check
/**
 * <view-attention-weights>: the weights of the head that is looked at, token by token; a click on a row follows its token.
 */
import { views } from "../views.js";
import { make } from "./dom.js";
import { heatMap } from "./heat-map.js";
import { maskedFuture } from "./heat-paint.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";

export class ViewAttentionWeights extends LiveView {
  #caption = make("p", { class: "view-caption" });
  /** @type {import("./heat-map.js").HeatMap | null} */
  #map = null;

  /**
   * @override
   * @param {{weights: import("../arrays.js").NDArray}} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ weights }, { focus, pieces }) {
    const names = pieces.map(visible);
    const label = `Weights of layer ${focus.layer}, head ${focus.head}`;
    this.#caption.textContent = `${label}: each row is a token that looks, each column one that it looks at.`;
    /** @type {import("./heat-map.js").HeatMapOptions} */
    const options = {
      label,
      table: weights,
      rows: names,
      columns: names,
      names: "both",
      range: [0, 1],
      masked: maskedFuture(weights),
      markedRow: focus.token,
      onPick: (token) => views.look({ token }),
    };
    if (this.#map) this.#map.options = options;
    this.#map ??= heatMap(options);
    if (!this.#map.isConnected) this.body.replaceChildren(this.#caption, this.#map);
  }
}

customElements.define("view-attention-weights", ViewAttentionWeights);
