// @ts-check
/**
 * One line that says what the engine is doing: what is being loaded and how far, how fast tokens come.
 *
 * @typedef {import("../engine.js").State} State
 * @typedef {import("../engine.js").Progress} Progress
 * @typedef {import("../run.js").Run} Run
 */
import { make } from "./dom.js";
import { compact, count, megabytes } from "./text.js";

export class StatusLine {
  #text = make("span", { class: "pb-status-text" });
  #bar = make("progress", { class: "pb-progress", "aria-label": "Loading" });
  // Said aloud: phases only, not every megabyte or token.
  #spoken = make("span", { class: "pb-spoken", role: "status" });
  element = make(
    "div",
    { class: "pb-status" },
    make("span", { class: "pb-dot" }),
    this.#text,
    this.#bar,
    this.#spoken,
  );

  /**
   * @param {State} state
   * @param {Run | null} run
   */
  show(state, run) {
    const text = statusText(state, run);
    if (this.#text.textContent !== text) this.#text.textContent = text;
    const spoken = spokenText(state, run);
    if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
    const { progress } = state;
    this.#bar.classList.toggle("pb-idle", !progress);
    if (!progress) return;
    // Without a value the bar is indeterminate: bytes are all here, or their number is not known yet.
    if (progress.total === 0) this.#bar.removeAttribute("value");
    else {
      this.#bar.max = progress.total;
      this.#bar.value = progress.loaded;
    }
  }
}

/**
 * @param {State} state
 * @param {Run | null} run
 */
function statusText(state, run) {
  const { phase, progress, info } = state;
  const prefix = run?.status === "queued" ? "Your prompt is queued. " : "";
  if (phase === "booting" || phase === "loading") return prefix + progressText(phase, progress);
  if (phase === "error") return prefix + (state.error?.canRetry ? "Not ready" : "Ready for another try");
  if (run?.status === "running") return speedText(run);
  if (run && run.tokens.length > 0) return `${count(run.tokens.length, "token")} · ${speedText(run)}`;
  return info
    ? `Ready · ${compact(info.n_params)} parameters, context ${info.n_ctx.toLocaleString("en")}`
    : "Ready";
}

/**
 * @param {"booting" | "loading"} phase
 * @param {Progress | null} progress
 */
function progressText(phase, progress) {
  if (!progress || progress.total === 0) return "Starting…";
  if (progress.loaded < progress.total)
    return `${progress.what} ${megabytes(progress.loaded, progress.total)}`;
  return phase === "booting" ? "Starting Python…" : `Reading ${progress.what}…`;
}

/** @param {Run} run */
function speedText(run) {
  if (run.tokens.length === 0) return "Reading the prompt…";
  const speed = run.tokensPerSecond;
  return speed > 0 ? `${speed.toFixed(speed < 10 ? 1 : 0)} tokens/s` : "… tokens/s";
}

/**
 * @param {State} state
 * @param {Run | null} run
 */
function spokenText({ phase }, run) {
  if (run?.status === "queued") return "Your prompt is queued.";
  if (phase === "booting" || phase === "loading") return "The model is loading.";
  if (phase === "generating") return "Generating.";
  if (phase === "error") return "";
  return run?.status === "done" || run?.status === "stopped" ? count(run.tokens.length, "token") : "Ready.";
}
