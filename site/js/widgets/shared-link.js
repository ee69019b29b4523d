// @ts-check
/**
 * <shared-link>: stands above the page that a link with a run was opened on. The prompt and the settings are in the box at
 * once; code that the link carries is shown, and runs after a click, never before.
 *
 * @typedef {import("../share.js").Shared} Shared
 */
import { edits } from "../edits.js";
import { engine } from "../engine.js";
import { explain } from "../errors.js";
import { pack, unpack } from "../share.js";
import { make } from "./dom.js";

const EXPERIMENTS = "learn/experiments/"; // its editor opens with what the link brought

class SharedLink extends HTMLElement {
  #run = make("button", { type: "button", class: "edit-run" }, "Run this code");
  #stop = make("button", { type: "button", class: "edit-quiet", hidden: true }, "Stop the code");
  #leave = make("button", { type: "button", class: "edit-quiet" }, "Leave it");
  #status = make("p", { class: "edit-status", role: "status" });
  #other = make("p", { hidden: true });
  #model = "";
  /** @type {AbortController | null} */
  #presence = null;

  connectedCallback() {
    this.#presence = new AbortController();
    const { signal } = this.#presence;
    for (const [emitter, type] of /** @type {[EventTarget, string][]} */ ([
      [edits, "change"],
      [engine, "state"],
    ]))
      emitter.addEventListener(type, () => this.#showState(), { signal });
  }

  disconnectedCallback() {
    this.#presence?.abort();
  }

  /** @param {Shared} shared */
  show(shared) {
    this.#model = shared.model;
    this.#run.addEventListener("click", () => this.#start(shared));
    this.#stop.addEventListener("click", () => edits.stop());
    this.#leave.addEventListener("click", () => this.remove());
    this.className = "md-typeset";
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Code in the link");
    const texts = Object.entries(shared.edits).map(([name, text]) => {
      const scroll = { tabindex: "0", role: "region", "aria-label": `Code of ${name}` };
      const title = make(
        "p",
        { class: "edit-link-name" },
        make("code", {}, name === "model" ? "model.py" : name),
      );
      return make("div", {}, title, make("pre", scroll, make("code", {}, text)));
    });
    this.replaceChildren(
      make(
        "p",
        {},
        "The link that you opened carries code that changes the model. Read it before you run it.",
      ),
      ...texts,
      this.#other,
      this.#run,
      this.#stop,
      this.#leave,
      this.#status,
    );
    this.#showState();
  }

  #showState() {
    const { info, models } = engine.state;
    const titleOf = (/** @type {string} */ name) =>
      models.find((model) => model.name === name)?.title ?? name;
    this.#other.hidden = !info || !this.#model || this.#model === engine.session.model;
    this.#other.textContent = `It was written for the model “${titleOf(this.#model)}”. With the one that is loaded now, “${titleOf(engine.session.model)}”, the text will be another one.`;
    const isBusy = edits.isWorking || edits.isStopping;
    this.#run.disabled = isBusy;
    this.#stop.hidden = !isBusy;
    this.#leave.hidden = isBusy;
    if (edits.isStopping) this.#status.textContent = "Python was asked to stop. Once more ends it at once.";
    else if (isBusy)
      this.#status.textContent = engine.state.info ? "Trying it out …" : "As soon as the model is here …";
  }

  /** @param {string} text */
  say(text) {
    this.className = "md-typeset";
    this.replaceChildren(make("p", { role: "alert" }, text));
  }

  /** @param {Shared} shared */
  async #start({ prompt, settings, edits: texts }) {
    try {
      await edits.put(texts, new URL(EXPERIMENTS, engine.base).pathname);
      engine.generate(prompt, settings);
      this.remove();
    } catch (error) {
      const { class: name, message, hint } = explain(error);
      this.#status.textContent =
        name === "AbortError" ? "Stopped. The model is as it was." : `${message} ${hint}`;
    }
  }
}

customElements.define("shared-link", SharedLink);

/** A link to the run in the box: with the seed that it was made with. */
export async function linkToRun() {
  const { run, session, edits: texts } = engine;
  const settings = { ...session.settings, seed: session.settings.seed ?? run?.start?.seed ?? null };
  const prompt = session.prompt ?? (typeof run?.prompt === "string" ? run.prompt : "");
  const fragment = await pack({ prompt, settings, model: session.model, edits: texts });
  return new URL(fragment, engine.base).href;
}

/** Shows what the address carries. */
async function open() {
  const place = document.querySelector("[data-md-component=container]");
  if (!place) return;
  const link = /** @type {SharedLink} */ (document.createElement("shared-link"));
  try {
    const shared = await unpack(location.hash);
    if (!shared) return;
    engine.remember({ prompt: shared.prompt, settings: shared.settings });
    if (shared.model) chooseOnceKnown(shared.model);
    for (const box of document.querySelectorAll("prompt-box")) box.replaceWith(box.cloneNode()); // shows it
    if (Object.keys(shared.edits).length === 0) return;
    place.before(link);
    link.show(shared);
  } catch (error) {
    place.before(link);
    const { message, hint } = explain(error);
    link.say(`${message} ${hint}`);
  }
}

/** @param {string} name  of a model; one that has to be fetched is offered, not fetched */
function chooseOnceKnown(name) {
  const known = () => engine.state.models.some((model) => model.name === name);
  const choose = () => {
    if (!engine.state.info || !known()) return;
    engine.removeEventListener("state", choose);
    engine.choose(name);
  };
  engine.addEventListener("state", choose);
}

open();
