// @ts-check
/**
 * <view-tokens>: the prompt's tokens as a strip. One is looked at: the page's views are about it. With
 * `data-layers` and `data-heads` the reader chooses a layer and a head here, too.
 *
 * @typedef {import("../engine.js").Inspection} Inspection
 */
import { views } from "../views.js";
import { make, uniqueId } from "./dom.js";
import { LiveView } from "./live-view.js";
import { visible } from "./text.js";

export class ViewTokens extends LiveView {
  /**
   * @override
   * @param {{ids: number[], pieces: string[]}} value
   * @param {Inspection} inspection
   */
  draw({ ids, pieces }, { focus, model }) {
    const focused = this.contains(document.activeElement)
      ? document.activeElement?.getAttribute("data-key")
      : null;
    const strip = make("div", { class: "view-strip", role: "group", "aria-label": "Tokens of the prompt" });
    strip.append(...pieces.map((piece, i) => chip(piece, ids[i], i, focus.token)));
    strip.addEventListener("click", (event) => pick(event));
    strip.addEventListener("keydown", (event) => walk(event));
    this.body.replaceChildren(strip);
    const choices = make("div", { class: "view-choices" });
    if ("layers" in this.dataset) choices.append(...choice("layer", model.n_layer, focus.layer));
    if ("heads" in this.dataset) choices.append(...choice("head", model.n_head, focus.head));
    if (choices.childElementCount) this.body.append(choices);
    if (focused) /** @type {HTMLElement | null} */ (this.querySelector(`[data-key="${focused}"]`))?.focus();
  }
}

/**
 * @param {string} piece
 * @param {number} id
 * @param {number} i
 * @param {number} looked
 */
function chip(piece, id, i, looked) {
  const title = `token ${i}, id ${id}`;
  return make(
    "button",
    {
      type: "button",
      class: "view-chip",
      "data-key": i,
      title,
      "aria-pressed": String(i === looked),
      tabindex: i === looked ? 0 : -1,
    },
    visible(piece),
  );
}

/** @param {MouseEvent} event */
function pick(event) {
  const key = /** @type {Element} */ (event.target).closest("[data-key]")?.getAttribute("data-key");
  if (key) views.look({ token: Number(key) });
}

/** One tab stop: the arrow keys walk. @param {KeyboardEvent} event */
function walk(event) {
  const chip = /** @type {Element} */ (event.target).closest(".view-chip");
  const next = { ArrowLeft: chip?.previousElementSibling, ArrowRight: chip?.nextElementSibling }[event.key];
  if (!next) return;
  event.preventDefault();
  /** @type {HTMLElement} */ (next).focus();
  /** @type {HTMLElement} */ (next).click();
}

/**
 * @param {"layer" | "head"} name
 * @param {number} n
 * @param {number} chosen
 */
function choice(name, n, chosen) {
  const id = uniqueId(`view-${name}`);
  const select = make("select", { id, "data-key": name });
  select.append(...Array.from({ length: n }, (_, i) => make("option", { value: i }, String(i))));
  select.value = String(chosen);
  select.addEventListener("change", () => views.look({ [name]: Number(select.value) }));
  return [make("label", { for: id, class: "pb-caption" }, name), select];
}

customElements.define("view-tokens", ViewTokens);
