// @ts-check
/** Whether the model in use computes what PyTorch does: the largest difference between recorded logits and its own. */
import { engine } from "../engine.js";
import { explain } from "../errors.js";
import { make } from "./dom.js";

export class ParityBadge {
  #check = make("button", { type: "button", class: "mp-check" }, "Compare with PyTorch");
  #told = make("span", { class: "mp-parity", role: "status" });
  element = make("p", {}, this.#check, " ", this.#told);
  #model = "";

  constructor() {
    this.#check.addEventListener("click", () => this.#compare());
  }

  /** For the model in use. */
  show() {
    const { model } = engine.session;
    const canCompare = engine.state.phase === "ready" && engine.hasParity;
    this.#check.disabled = !canCompare;
    if (model === this.#model) return;
    this.#model = model;
    this.#told.textContent =
      model && !engine.hasParity ? "No logits of PyTorch's are recorded for this model." : "";
  }

  async #compare() {
    this.#told.textContent = "Computing …";
    try {
      const { difference, n, recordedWith } = await engine.compareWithPyTorch();
      const matches = difference <= 1e-4 ? "Matches PyTorch to 1e-4" : "Differs from PyTorch";
      const largest = difference.toExponential(1);
      this.#told.textContent = `${matches}: the largest difference of ${n.toLocaleString("en")} logits is ${largest} (${recordedWith}).`;
    } catch (error) {
      this.#told.textContent = explain(error).message;
    }
  }
}
