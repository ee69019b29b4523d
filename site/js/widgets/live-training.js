// @ts-check
/**
 * <live-training>: trains a tiny GPT in this page: choose a text and a few settings, then watch the loss and the samples.
 * All of it is the one run of `training.js`, so it stands here again when its reader comes back from another page.
 *
 *     data-status:  see training.js
 */
import { engine } from "../engine.js";
import { explain } from "../errors.js";
import { training } from "../training.js";
import { make } from "./dom.js";
import { duration } from "./text.js";
import { TrainingChart } from "./training-chart.js";
import { TrainingForm } from "./training-form.js";
import { TrainingSamples } from "./training-samples.js";

export class LiveTraining extends HTMLElement {
  #form = new TrainingForm();
  #go = button("Start");
  #pause = button("Pause");
  #reset = button("Reset");
  #save = button("Save the model");
  #status = make("p", { class: "lt-status" });
  #spoken = make("p", { class: "lt-spoken", role: "status" });
  #error = make("p", { class: "lt-error", role: "alert" });
  #chart = new TrainingChart();
  #samples = new TrainingSamples();
  #isBuilt = false;
  /** @type {AbortController | null} ends the listeners when the panel leaves the page */
  #presence = null;

  connectedCallback() {
    if (!this.#isBuilt) this.#build();
    this.#presence = new AbortController();
    const { signal } = this.#presence;
    training.addEventListener("change", () => this.#show(), { signal });
    engine.addEventListener("state", () => this.#show(), { signal });
    this.#form.connect();
    this.#show();
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  #build() {
    this.#isBuilt = true;
    const actions = make("div", { class: "lt-actions" }, this.#go, this.#pause, this.#reset, this.#save);
    const parts = [actions, this.#status, this.#spoken, this.#error];
    this.replaceChildren(this.#form.element, ...parts, this.#chart.element, this.#samples.element);
    this.#go.addEventListener("click", () => this.#start());
    this.#pause.addEventListener("click", () => training.pause());
    this.#reset.addEventListener("click", () => training.reset());
    this.#save.addEventListener("click", () => this.#download());
  }

  async #start() {
    if (training.status === "paused" || (training.status === "failed" && training.n_done > 0)) {
      return training.resume();
    }
    this.#say("");
    try {
      const { text, title } = await this.#form.text();
      await training.start(text, title, this.#form.choice);
    } catch (error) {
      const { message, hint } = explain(error);
      this.#say(`${message} ${hint}`);
    }
  }

  async #download() {
    try {
      const folder = "trained-by-picogpt";
      const bytes = await training.packed(folder);
      const url = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
      make("a", { href: url, download: `${folder}.zip` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser has begun to read it long before
    } catch (error) {
      const { message, hint } = explain(error);
      this.#say(`${message} ${hint}`);
    }
  }

  #show() {
    const { status } = training;
    const isReady = engine.state.info !== null;
    this.dataset.status = status;
    const isFresh = status === "idle" || (status === "failed" && training.n_done === 0);
    this.#go.textContent = isFresh || status === "preparing" ? "Start" : "Continue";
    this.#go.disabled = !isReady || training.isActive || status === "done";
    this.#pause.disabled = status !== "running";
    this.#reset.disabled = status === "idle";
    this.#save.disabled = !training.hasModel;
    this.#form.show(isReady, !isFresh);
    this.#status.textContent = statusText(isReady);
    setText(this.#spoken, SPOKEN[status] ?? "");
    if (training.error) this.#say(`${training.error.message} ${training.error.hint}`);
    else if (training.isActive) this.#say("");
    this.#chart.show(training);
    this.#samples.show(training);
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#error, text);
  }
}

/** @type {Record<string, string>} */
const SPOKEN = {
  running: "Training has begun.",
  paused: "Training is paused.",
  done: "Training has ended.",
};

/** @param {boolean} isReady */
function statusText(isReady) {
  const { status, about, n_done } = training;
  if (!isReady && status === "idle") return "Waiting for Python and the small model to load …";
  if (status === "idle")
    return "Press Start: the vocabulary is learned from the text, the weights are drawn, and training begins.";
  if (status === "preparing") return "Learning the vocabulary and drawing the first weights …";
  if (!about) return "";
  const parts = [`Step ${n_done.toLocaleString("en")} of ${about.n_steps.toLocaleString("en")}`];
  const { tokensPerSecond, secondsLeft } = training;
  if (tokensPerSecond > 0) parts.push(`${Math.round(tokensPerSecond).toLocaleString("en")} tokens/s`);
  if (status === "running" && secondsLeft > 0) parts.push(`about ${duration(secondsLeft)} left`);
  if (status === "pausing") parts.push("pausing …");
  if (status === "paused") parts.push("paused; the model is in the prompt box's list");
  if (status === "done") parts.push("done; the model is in the prompt box's list");
  return parts.join(" · ");
}

/** @param {string} text */
function button(text) {
  return make("button", { type: "button", class: "view-button" }, text);
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

customElements.define("live-training", LiveTraining);
