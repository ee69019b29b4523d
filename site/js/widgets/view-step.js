// @ts-check
/**
 * <view-step>: one step of the loop: what each function of the model returns, with the cache and without it. A click takes
 * the next token, and times the functions while it is at it; another prompt begins anew.
 *
 * @typedef {{name: string, shape: number[], calls: number, ms?: number}} Called
 * @typedef {{n_read: number, n_past: number, functions: Called[], ms?: number, blocks_ms?: number[]}} Way
 * @typedef {{n: number, n_tokens: number, written: string[], token: string, id: number, is_full: boolean, same: boolean,
 *   difference: number, ways: [Way, Way]}} Value
 */
import { engine } from "../engine.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { count, visible } from "./text.js";
import { textTable, tokens } from "./text-table.js";

export class ViewStep extends LiveView {
  #n = 0;
  #next = make("button", { type: "button", class: "view-button" }, "Next token");
  #again = make("button", { type: "button", class: "view-button" }, "Begin again");
  #parts = make("div", {});
  /** @type {AbortController | null} */
  #presence = null;

  /** @override */
  connectedCallback() {
    if (!this.#next.isConnected) {
      this.#next.addEventListener("click", () => this.#take(this.#n + 1));
      this.#again.addEventListener("click", () => this.#take(0));
      this.body.replaceChildren(
        make("p", { class: "step-buttons" }, this.#next, " ", this.#again),
        this.#parts,
      );
    }
    super.connectedCallback();
    this.#presence = new AbortController();
    engine.addEventListener("prompt", () => this.#go(0), { signal: this.#presence.signal });
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#presence?.abort();
  }

  /** @override */
  get want() {
    return this.#n > 0 ? { ...super.want, n: this.#n, timed: true } : super.want;
  }

  /** @param {number} n */
  #take(n) {
    this.#go(n);
    this.refresh();
  }

  /** @param {number} n  how many tokens to add to the prompt */
  #go(n) {
    this.#n = n;
  }

  /**
   * @override
   * @param {Value} value
   */
  draw(value) {
    this.#next.disabled = value.is_full;
    this.#parts.replaceChildren(written(value), table(value), ...times(value));
  }
}

/** @param {Value} value */
function written({ n_tokens, written, token, id, is_full, same, ways: [cached] }) {
  const caption = make("p", { class: "view-caption", "aria-live": "polite" });
  if (written.length) caption.append("Added so far: ", tokens(written), ". ");
  caption.append(`The text has ${count(n_tokens, "token")}; `);
  caption.append(`the cache holds ${cached.n_past.toLocaleString("en")}, so 1 is read. Likeliest next: `);
  caption.append(make("code", {}, visible(token)), ` (${id})`);
  caption.append(same ? ", both with the cache and without it." : "; by the cache, another one.");
  if (is_full) caption.append(" The context is full.");
  return caption;
}

/** @param {Value} value */
function table({ ways: [cached, whole] }) {
  const isTimed = cached.ms !== undefined;
  const heads = ["function", "calls", "with the cache", "without it"];
  if (isTimed) heads.splice(3, 1, "ms", "without it", "ms");
  const rows = cached.functions.map((called, i) => {
    const other = whole.functions[i];
    const cells = [make("code", {}, called.name), String(called.calls), shape(called)];
    if (!isTimed) return [...cells, shape(other)];
    return [...cells, ms(called.ms), shape(other), ms(other.ms)];
  });
  if (isTimed) rows.push(["all", "", "", ms(cached.ms), "", ms(whole.ms)]);
  return textTable({ label: "What each function returns in this step", heads, rows });
}

/** @param {Value} value */
function times({ ways: [cached, whole] }) {
  if (!cached.blocks_ms || !whole.blocks_ms) return [];
  const others = whole.blocks_ms;
  const rows = cached.blocks_ms.map((one, i) => [`block ${i}`, ms(one), ms(others[i])]);
  const heads = ["", "with the cache, ms", "without it, ms"];
  return [textTable({ label: "The time of each block", heads, rows })];
}

/** @param {Called} called */
const shape = ({ shape }) => make("code", {}, `[${shape.join(", ")}]`);

/** @param {number | undefined} value */
const ms = (value) => (value ?? 0).toFixed(2);

customElements.define("view-step", ViewStep);
