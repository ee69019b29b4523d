// @ts-check
/**
 * What the model wrote on the way, the newest first, so that one sees it get better from the bottom to the top.
 *
 * @typedef {import("../training.js").Training} Training
 */
import { make } from "./dom.js";

export class TrainingSamples {
  #list = make("ol", { class: "lt-samples", tabindex: 0, "aria-label": "Samples, the newest first" });
  element = make("div", { hidden: true });
  /** @type {import("../training.js").Sample[]} that are shown, in the order of the list */
  #shown = [];

  constructor() {
    this.element.append(make("p", { class: "lt-caption" }, "What it writes, the newest first"), this.#list);
  }

  /** @param {Training} training */
  show({ samples }) {
    this.element.hidden = samples.length === 0;
    const newest = samples.toReversed?.() ?? [...samples].reverse();
    if (newest.length === this.#shown.length && newest[0] === this.#shown[0]) return;
    const isGrowing = newest.length === this.#shown.length && newest[1] === this.#shown[1];
    this.#shown = newest;
    // only the first one changes while it is being written: the others stay, and what is selected in them
    if (isGrowing && newest[0]) this.#list.firstElementChild?.replaceWith(itemOf(newest[0]));
    else this.#list.replaceChildren(...newest.map(itemOf));
  }
}

/** @param {import("../training.js").Sample} sample */
function itemOf({ step, text, is_whole }) {
  const head = make("span", { class: "lt-step" }, `step ${step.toLocaleString("en")}`);
  const body = make("span", { class: "lt-sample", dir: "auto" }, is_whole ? text : `${text} …`);
  return make("li", {}, head, body);
}
