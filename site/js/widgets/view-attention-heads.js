// @ts-check
/**
 * <view-attention-heads>: a small picture of every head of every layer, to choose one from. Which weights each head
 * gives to the first token, to the token before and to the token itself stands in words, and in a table.
 *
 * @typedef {import("../arrays.js").NDArray} NDArray
 * @typedef {import("../engine.js").Inspection} Inspection
 * @typedef {{pictures: NDArray, shares: NDArray | null, most: [number, number][] | null}} Value
 */
import { part, row } from "../arrays.js";
import { onSchemeChange } from "../colour-scale.js";
import { views } from "../views.js";
import { numbersTable } from "./data-table.js";
import { make } from "./dom.js";
import { coloursFor, maskedFuture, paint } from "./heat-paint.js";
import { LiveView } from "./live-view.js";
import { percent } from "./text.js";

const PLACES = ["the first token", "the token before", "the token itself", "others"];

export class ViewAttentionHeads extends LiveView {
  /** @type {AbortController | null} */
  #presence = null;

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.#presence = new AbortController();
    onSchemeChange(() => this.#paint(), this.#presence.signal);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#presence?.abort();
  }

  /**
   * @override
   * @param {Value} value
   * @param {Inspection} inspection
   */
  draw({ pictures, shares, most }, { focus }) {
    const [n_layer, n_head] = pictures.shape;
    const had = this.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const grid = make("div", {
      class: "heads-grid",
      role: "group",
      "aria-label": "Every head of every layer: choose one",
    });
    grid.style.setProperty("--n-heads", String(n_head));
    grid.append(make("span", { class: "heads-corner", "aria-hidden": "true" }, "head"));
    for (let head = 0; head < n_head; head++) grid.append(heading(String(head)));
    for (let layer = 0; layer < n_layer; layer++) {
      grid.append(heading(layer === 0 ? "layer 0" : String(layer)));
      for (let head = 0; head < n_head; head++) grid.append(picture(layer, head, focus, shares));
    }
    const readout = make("p", { class: "heads-readout" });
    const tell = (/** @type {Event} */ event) => this.#tell(readout, event);
    for (const type of ["pointerover", "focusin"]) grid.addEventListener(type, tell);
    grid.addEventListener("click", (event) => choose(event.target));
    grid.addEventListener("keydown", (event) => this.#walk(event));
    readout.textContent = words(focus.layer, focus.head, shares);
    const told = make("div", { class: "heads-told" }, readout);
    this.body.replaceChildren(
      make("div", { class: "heads" }, make("div", { class: "heads-scroll" }, grid), told),
    );
    if (most && shares) {
      told.append(records(most, shares));
      this.body.append(sharesTable(focus.layer, shares));
    }
    this.#paint();
    if (had) this.#button(had)?.focus();
  }

  /** @param {string} key */
  #button(key) {
    return /** @type {HTMLElement | null} */ (this.querySelector(`.head[data-key="${key}"]`));
  }

  #paint() {
    if (!this.value) return;
    const { pictures } = /** @type {Value} */ (this.value);
    const colours = coloursFor(pictures, "sequential", [0, 1]);
    for (const canvas of this.querySelectorAll("canvas")) {
      const [layer, head] = String(keyOf(canvas)).split(".").map(Number);
      const picture = part(part(pictures, layer), head);
      paint(canvas, picture, colours, maskedFuture(picture));
    }
  }

  /**
   * @param {HTMLElement} readout
   * @param {Event} event
   */
  #tell(readout, event) {
    const key = keyOf(event.target);
    if (!key) return;
    const [layer, head] = key.split(".").map(Number);
    readout.textContent = words(layer, head, this.value.shares);
  }

  /** One tab stop: the arrow keys walk, Enter chooses. @param {KeyboardEvent} event */
  #walk(event) {
    const [layer, head] = String(keyOf(event.target)).split(".").map(Number);
    const next = {
      ArrowLeft: [layer, head - 1],
      ArrowRight: [layer, head + 1],
      ArrowUp: [layer - 1, head],
      ArrowDown: [layer + 1, head],
    }[event.key];
    const button = next && this.#button(next.join("."));
    if (!button) return;
    event.preventDefault();
    button.focus();
  }
}

/** @param {unknown} target */
function keyOf(target) {
  return target instanceof Element ? (target.closest(".head")?.getAttribute("data-key") ?? null) : null;
}

/** @param {unknown} target */
function choose(target) {
  const [layer, head] = (keyOf(target) ?? "").split(".").map(Number);
  if (head !== undefined) views.look({ layer, head });
}

/** @param {string} name */
const heading = (name) => make("span", { class: "heads-heading", "aria-hidden": "true" }, name);

/**
 * @param {number} layer
 * @param {number} head
 * @param {import("../engine.js").Focus} focus
 * @param {NDArray | null} shares
 */
function picture(layer, head, focus, shares) {
  const isChosen = layer === focus.layer && head === focus.head;
  return make(
    "button",
    {
      type: "button",
      class: "head",
      "data-key": `${layer}.${head}`,
      "aria-label": words(layer, head, shares),
      "aria-pressed": String(isChosen),
      tabindex: isChosen ? 0 : -1,
    },
    make("canvas", { "aria-hidden": "true" }),
  );
}

/**
 * @param {number} layer
 * @param {number} head
 * @param {NDArray | null} shares
 */
function words(layer, head, shares) {
  const name = `Layer ${layer}, head ${head}`;
  if (!shares) return name;
  const places = sharesOf(shares, layer, head).map((share, i) => `${percent(share)} on ${PLACES[i]}`);
  return `${name}: ${places.join(", ")}`;
}

/**
 * @param {NDArray} shares
 * @param {number} layer
 * @param {number} head
 */
const sharesOf = (shares, layer, head) => [...row(part(shares, layer), head)];

/**
 * For each place, the head that looks there most.
 *
 * @param {[number, number][]} most
 * @param {NDArray} shares
 */
function records(most, shares) {
  const items = most.map(([layer, head], i) => {
    const share = percent(sharesOf(shares, layer, head)[i]);
    const link = make("button", { type: "button", class: "heads-link" }, `layer ${layer}, head ${head}`);
    link.addEventListener("click", () => views.look({ layer, head }));
    return make("li", {}, `Most on ${PLACES[i]}: `, link, ` (${share})`);
  });
  return make("ul", { class: "heads-records" }, ...items);
}

/**
 * @param {number} layer
 * @param {NDArray} shares
 */
function sharesTable(layer, shares) {
  const rows = Array.from({ length: shares.shape[1] }, (_, i) => [
    String(i),
    ...sharesOf(shares, layer, i).map(percent),
  ]);
  return make(
    "details",
    { class: "heat-numbers" },
    make("summary", {}, `Where the heads of layer ${layer} look, as a table`),
    numbersTable(`Layer ${layer}: mean weight, from the third token on`, rows, ["head", ...PLACES]),
  );
}

customElements.define("view-attention-heads", ViewAttentionHeads);
