// @ts-check
/**
 * <view-fact name="n_embd">192</view-fact>: a number of the model in use, or of the reader's text, within a sentence.
 * What stands inside the tag, put there by the build, is the small model's.
 *
 * @typedef {{name: string, value: number | string}} Value
 */
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";

export class ViewFact extends LiveView {
  /** @override @type {HTMLElement} */
  body = make("span", { class: "view-body" });

  /** @override */
  connectedCallback() {
    if (!this.body.textContent) this.body.textContent = this.textContent;
    super.connectedCallback();
  }

  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ value }, { model }) {
    const text = typeof value === "number" ? value.toLocaleString("en") : visible(value);
    this.body.textContent = text;
    this.body.title = `of the model “${model.name}”, now`;
  }
}

customElements.define("view-fact", ViewFact);
