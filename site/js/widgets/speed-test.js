// @ts-check
/**
 * <speed-test>: the benchmark's small version, in the reader's own tab, on the model that is chosen.
 *
 * @typedef {import("../bench.js").Measures} Measures
 * @typedef {import("../bench.js").Plan} Plan
 */
import { measure, readBandwidth, until } from "../bench.js";
import { engine } from "../engine.js";
import { explain } from "../errors.js";
import { make } from "./dom.js";
import { engineName } from "./engine-choice.js";
import { count } from "./text.js";

/** @type {Plan} */
const PLAN = {
  kinds: ["relaxed", "simd128", "einsum"],
  prefill: [16, 128],
  decode: [16],
  n_decode: 32,
  n_along: 0,
  without_cache: [],
};
const BANDWIDTH_BYTES = 1 << 27;
const BANDWIDTH_TIMES = 4;

export class SpeedTest extends HTMLElement {
  #start = make("button", { type: "button", class: "md-button" }, "Measure in this tab");
  #cancel = make("button", { type: "button", class: "md-button", disabled: true }, "Cancel");
  #status = make("span", { class: "st-status", role: "status" });
  #error = make("div", { role: "alert" });
  #result = make("div", { class: "st-result" });
  #isBuilt = false;
  #isCancelled = false;

  connectedCallback() {
    if (this.#isBuilt) return;
    this.#isBuilt = true;
    this.#start.addEventListener("click", () => this.#run());
    this.#cancel.addEventListener("click", () => {
      this.#isCancelled = true;
      engine.stop();
    });
    const actions = make("div", { class: "st-actions" }, this.#start, this.#cancel, this.#status);
    this.replaceChildren(actions, this.#error, this.#result);
  }

  /** Whoever leaves the page wants no measurement. */
  disconnectedCallback() {
    if (this.#cancel.disabled) return;
    this.#isCancelled = true;
    engine.stop();
  }

  async #run() {
    this.#start.disabled = true;
    this.#cancel.disabled = false;
    this.#isCancelled = false;
    this.#error.replaceChildren();
    this.#result.replaceChildren();
    try {
      await this.#measure();
      this.#status.textContent = "Done.";
    } catch (error) {
      this.#status.textContent = this.#isCancelled ? "Cancelled." : "";
      const { message, hint } = explain(error);
      if (!this.#isCancelled) this.#error.textContent = `${message} ${hint}`;
    }
    this.#start.disabled = false;
    this.#cancel.disabled = true;
  }

  async #measure() {
    this.#status.textContent = "Waiting for the model…";
    engine.start();
    await until(engine, () => this.#isCancelled || engine.state.phase === "ready");
    const tell = (/** @type {string} */ what) => {
      this.#status.textContent = `${what}…`;
    };
    const measures = await measure(engine, PLAN, (what) => {
      tell(what);
      // between two runs there is none to stop: the next one is, as soon as it has begun
      if (this.#isCancelled) setTimeout(() => engine.stop());
    });
    tell("reading memory");
    await new Promise((resolve) => setTimeout(resolve)); // shown before the page is busy
    const bandwidth = await readBandwidth(engine.base, BANDWIDTH_BYTES, BANDWIDTH_TIMES);
    this.#show(measures, Math.max(...Object.values(bandwidth)));
  }

  /**
   * @param {Record<string, Measures>} measures
   * @param {number} gigabytes  a second
   */
  #show(measures, gigabytes) {
    const columns = ["Engine", "reading 16 tokens", "reading 128 tokens", "writing"];
    const head = make("tr", {}, ...columns.map((text) => make("th", { scope: "col" }, text)));
    const rows = Object.entries(measures).map(([kind, { prefill, decode }]) => {
      const cells = [prefill[16], prefill[128], decode[16]].map((speed) => make("td", {}, perSecond(speed)));
      return make("tr", { "data-kind": kind }, make("td", {}, engineName(kind)), ...cells);
    });
    const caption = make("caption", {}, "Tokens per second in this tab");
    const table = make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...rows));
    const { info } = engine.state;
    const facts = [
      info ? `${count(info.n_params, "parameter")} in float32, one thread` : "",
      `this browser reads ${gigabytes.toFixed(1)} GB of memory a second`,
    ];
    const wrap = make("div", { class: "md-typeset__table" }, table);
    this.#result.replaceChildren(wrap, make("p", {}, `${facts.filter(Boolean).join("; ")}.`));
  }
}

/** @param {number | undefined} speed */
function perSecond(speed) {
  return speed === undefined ? "–" : speed.toFixed(speed < 10 ? 1 : 0);
}

customElements.define("speed-test", SpeedTest);
