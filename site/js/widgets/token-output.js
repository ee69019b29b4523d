// @ts-check
/**
 * The text of a run, token by token. One tab stop: the arrow keys walk from token to token, and hovering, focusing or
 * touching one shows what the model thought of it.
 *
 * @typedef {import("../run.js").Run} Run
 * @typedef {import("../run.js").Token} Token
 */
import { make, uniqueId } from "./dom.js";
import { TokenTooltip } from "./token-tooltip.js";

const AT_BOTTOM = 24; // px: nearer than this, a reader is following the text

export class TokenOutput {
  tooltip = new TokenTooltip();
  #prompt = make("span", { class: "pb-output-prompt" });
  #generated = make("span", { class: "pb-output-tokens" });
  #tail = make("span", {});
  #text = make("div", { class: "pb-text", dir: "auto" }, this.#prompt, this.#generated, this.#tail);
  /** @type {Run | null} */
  #run = null;

  constructor() {
    this.element = make(
      "div",
      {
        class: "pb-output",
        role: "region",
        "aria-label": "Output",
        "aria-live": "polite",
        id: uniqueId("pb-output"),
      },
      this.#text,
    );
    this.element.addEventListener("scroll", () => this.tooltip.follow(this.element));
    this.#generated.addEventListener("pointerover", (event) => this.#hover(event));
    this.#generated.addEventListener("pointerleave", () => this.#leave());
    this.#generated.addEventListener("focusin", (event) => this.#focus(event));
    this.#generated.addEventListener("focusout", () => this.tooltip.hide());
    this.#generated.addEventListener("keydown", (event) => this.#walk(event));
  }

  /**
   * Shows a run; of one that is shown already, only what is new.
   *
   * @param {Run | null} run
   */
  show(run) {
    const isFollowing = run !== this.#run || this.#isAtBottom();
    if (run !== this.#run) this.#clear(run);
    const isBusy = run?.status === "running";
    this.element.setAttribute("aria-busy", String(isBusy));
    const isRefused = run?.status === "failed" && !run.start;
    this.element.toggleAttribute("data-empty", !run || isRefused);
    this.#text.hidden = isRefused;
    if (!run) return;
    const news = run.tokens.slice(this.#generated.childElementCount).map(tokenElement);
    if (this.#generated.childElementCount === 0) news[0]?.setAttribute("tabindex", "0");
    this.#generated.append(...news);
    this.#tail.textContent = run.end?.text ?? "";
    // The tab stop is a token; a long prompt without any must be reached, to be scrolled, all the same.
    if (run.tokens.length > 0 || isRefused) this.element.removeAttribute("tabindex");
    else this.element.tabIndex = 0;
    if (isFollowing) this.element.scrollTop = this.element.scrollHeight;
  }

  /** The whole text as it stands there. */
  get text() {
    return this.#text.textContent ?? "";
  }

  /** @param {Run | null} run */
  #clear(run) {
    this.tooltip.hide();
    this.#run = run;
    const prompt = run?.prompt ?? "";
    this.#prompt.textContent = typeof prompt === "string" ? prompt : prompt.map((id) => `⟨${id}⟩`).join("");
    this.#generated.replaceChildren();
    this.#tail.textContent = "";
  }

  #isAtBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < AT_BOTTOM;
  }

  /** @param {HTMLElement} element */
  #explain(element) {
    const token = this.#run?.tokens[indexOf(element)];
    if (token) this.tooltip.show(element, token);
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const element = tokenAt(event.target);
    if (element && event.pointerType !== "touch") this.#explain(element);
  }

  /** The mouse has gone: back to the token that has the focus, if one has. */
  #leave() {
    const focused = tokenAt(document.activeElement);
    if (focused && this.#generated.contains(focused)) this.#explain(focused);
    else this.tooltip.hide();
  }

  /** @param {FocusEvent} event */
  #focus(event) {
    const element = tokenAt(event.target);
    if (!element) return;
    this.#generated.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    element.setAttribute("tabindex", "0");
    this.#explain(element);
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const element = tokenAt(event.target);
    if (!element || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && this.tooltip.anchor) this.tooltip.hide();
    else {
      const next = neighbour(element, event.key);
      if (!next) return;
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
      this.#explain(next);
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

/** @param {Token} token */
function tokenElement({ id, text }) {
  return make("span", { class: "pb-token", tabindex: "-1", "data-id": id }, text);
}

/**
 * @param {EventTarget | null} target
 * @returns {HTMLElement | null}
 */
function tokenAt(target) {
  return target instanceof Element ? target.closest(".pb-token") : null;
}

/** @param {Element} element */
function indexOf(element) {
  return Array.prototype.indexOf.call(element.parentElement?.children ?? [], element);
}

/**
 * Where a key leads from a token.
 *
 * @param {HTMLElement} element
 * @param {string} key
 */
function neighbour(element, key) {
  const siblings = /** @type {HTMLElement[]} */ ([...(element.parentElement?.children ?? [])]);
  const index = indexOf(element);
  if (key === "ArrowRight") return siblings[index + 1];
  if (key === "ArrowLeft") return siblings[index - 1];
  if (key === "Home") return siblings[0];
  if (key === "End") return siblings[siblings.length - 1];
  if (key === "ArrowDown") return nearestOnNextLine(element, siblings.slice(index + 1));
  if (key === "ArrowUp") return nearestOnNextLine(element, siblings.slice(0, index).reverse());
  return undefined;
}

/**
 * @param {HTMLElement} element
 * @param {HTMLElement[]} others  in the order of their distance
 */
function nearestOnNextLine(element, others) {
  const from = element.getBoundingClientRect();
  const middle = (from.left + from.right) / 2;
  /** @type {HTMLElement | undefined} */
  let best;
  let bestDistance = Number.POSITIVE_INFINITY;
  let line = from;
  for (const other of others) {
    const rect = other.getBoundingClientRect();
    const isSameLine = Math.abs(rect.top - line.top) < rect.height / 2;
    if (!isSameLine && line !== from) break; // past the line next to ours
    if (isSameLine && line === from) continue;
    line = rect;
    const distance = Math.abs((rect.left + rect.right) / 2 - middle);
    if (distance < bestDistance) [best, bestDistance] = [other, distance];
  }
  return best;
}
