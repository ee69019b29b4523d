// @ts-check
/**
 * The settings of a generation as labelled, native controls. The ranges are hints to the reader and to the browser's
 * arrows; Python has the last word on them.
 *
 * @typedef {import("../run.js").Settings} Settings
 *
 * @typedef {object} NumberField
 * @property {"n_tokens" | "temperature" | "top_k" | "top_p" | "seed"} key
 * @property {string} label
 * @property {string} note    beside the label
 * @property {Record<string, string | number>} attributes
 * @property {boolean} isSampling  means nothing when greedy
 */
import { ExplainedError } from "../errors.js";
import { make, uniqueId } from "./dom.js";

/** @type {NumberField[]} */
const FIELDS = [
  { key: "n_tokens", label: "Tokens", note: "", attributes: { min: 1, step: 1 }, isSampling: false },
  {
    key: "temperature",
    label: "Temperature",
    note: "",
    attributes: { min: 0, max: 100, step: 0.1 },
    isSampling: true,
  },
  { key: "top_k", label: "Top-k", note: "0 = off", attributes: { min: 0, step: 1 }, isSampling: true },
  {
    key: "top_p",
    label: "Top-p",
    note: "1 = off",
    attributes: { min: 0, max: 1, step: 0.05 },
    isSampling: true,
  },
  {
    key: "seed",
    label: "Seed",
    note: "",
    attributes: { min: 0, step: 1, placeholder: "random" },
    isSampling: true,
  },
];

export class SettingsFields {
  /** @type {Map<string, HTMLInputElement>} */
  #inputs = new Map();
  #greedy = make("input", { type: "radio", value: "greedy" });
  #sampled = make("input", { type: "radio", value: "sampled" });
  #slide = make("input", { type: "checkbox", id: uniqueId("pb-slide") });
  #gist = make("span", { class: "pb-gist" });

  /** @param {...HTMLElement} more  what else is set here, without being a setting of one generation */
  constructor(...more) {
    const [tokens, ...others] = FIELDS.map((field) => this.#number(field));
    this.#fields = make(
      "div",
      { class: "pb-fields" },
      tokens,
      this.#choice(),
      ...others,
      this.#sliding(),
      ...more,
    );
    const summary = make("summary", {}, make("span", {}, "Settings"), this.#gist);
    this.element = make("details", { class: "pb-settings" }, summary, this.#fields);
    this.element.addEventListener("input", () => this.#refresh());
  }

  #fields;

  /** @param {Settings} settings */
  set value(settings) {
    for (const [key, input] of this.#inputs) {
      const value = settings[/** @type {NumberField["key"]} */ (key)];
      input.value = value === null || Number.isNaN(value) ? "" : String(value);
    }
    this.#greedy.checked = settings.greedy;
    this.#sampled.checked = !settings.greedy;
    this.#slide.checked = settings.slide;
    this.#refresh();
  }

  /** What stands in the fields; NaN where no number does. */
  get value() {
    /** @param {NumberField["key"]} key */
    const number = (key) => this.#inputs.get(key)?.valueAsNumber ?? Number.NaN;
    return {
      n_tokens: number("n_tokens"),
      greedy: this.#greedy.checked,
      temperature: number("temperature"),
      top_k: number("top_k"),
      top_p: number("top_p"),
      seed:
        this.#inputs.get("seed")?.validity.badInput || !Number.isNaN(number("seed")) ? number("seed") : null,
      slide: this.#slide.checked,
    };
  }

  /** @param {number} seed */
  keepSeed(seed) {
    const input = this.#inputs.get("seed");
    if (input) input.value = String(seed);
    this.#greedy.checked = false;
    this.#sampled.checked = true;
    this.#refresh();
  }

  /** Throws an error for the first field in which no fitting number stands. */
  check() {
    for (const { key, label } of FIELDS) {
      const input = this.#inputs.get(key);
      if (!input || input.disabled) continue;
      const isWhole = input.step === "1";
      const { badInput, valueMissing, stepMismatch } = input.validity;
      if (!badInput && !valueMissing && !(isWhole && stepMismatch)) continue;
      const got = badInput ? "something else" : input.value || "nothing";
      const expected = isWhole ? "a whole number" : "a number";
      throw new ExplainedError(
        "SettingsError",
        `${label}: expected ${expected}, got ${got}.`,
        "Change it in the settings.",
      );
    }
  }

  /** @param {NumberField} field */
  #number({ key, label, note, attributes, isSampling }) {
    const id = uniqueId(`pb-${key}`);
    const whole = attributes.step === 1;
    const input = make("input", {
      id,
      type: "number",
      inputmode: whole ? "numeric" : "decimal",
      autocomplete: "off",
      required: key !== "seed",
      "aria-describedby": note ? `${id}-note` : null,
      ...attributes,
    });
    this.#inputs.set(key, input);
    const caption = make("span", { class: "pb-caption" }, make("label", { for: id }, label));
    if (note) caption.append(make("span", { class: "pb-note", id: `${id}-note` }, note));
    return make("div", { class: "pb-field", "data-key": key, "data-sampling": isSampling }, caption, input);
  }

  #choice() {
    const name = uniqueId("pb-choice");
    /** @param {HTMLInputElement} radio @param {string} label */
    const option = (radio, label) => {
      radio.name = name;
      return make("label", {}, radio, make("span", {}, label));
    };
    const options = [option(this.#greedy, "Greedy"), option(this.#sampled, "Sampled")];
    const legend = make("legend", { class: "pb-caption" }, "Sampling");
    const segments = make("div", { class: "pb-segments" }, ...options);
    return make("fieldset", { class: "pb-field", "data-key": "greedy" }, legend, segments);
  }

  #sliding() {
    const note = make("span", { class: "pb-note", id: `${this.#slide.id}-note` });
    note.textContent = "once it is full, forget its older half and go on";
    this.#slide.setAttribute("aria-describedby", note.id);
    const label = make("label", { for: this.#slide.id }, "Sliding context");
    const caption = make("span", { class: "pb-caption" }, label, note);
    return make("div", { class: "pb-field", "data-key": "slide" }, this.#slide, caption);
  }

  #refresh() {
    const { n_tokens, greedy, temperature, top_k, top_p, seed, slide } = this.value;
    for (const { key, isSampling } of FIELDS) {
      const input = this.#inputs.get(key);
      if (input) input.disabled = isSampling && greedy;
    }
    const parts = [`${n_tokens} tokens`, greedy ? "greedy" : `temperature ${temperature}`];
    if (!greedy && top_k > 0) parts.push(`top-k ${top_k}`);
    if (!greedy && top_p < 1) parts.push(`top-p ${top_p}`);
    if (!greedy && seed !== null) parts.push(`seed ${seed}`);
    if (slide) parts.push("slides");
    this.#gist.textContent = parts.join(" · ");
  }
}
