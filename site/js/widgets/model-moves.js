// @ts-check
/**
 * Experiments whose result is a table of probabilities, before and after:
 *
 *     <model-patch>     carries one activation from the run on a first prompt into that on a second one
 *     <model-rounding>  rounds one layer's weights for one run
 *
 * Above the table stands the line of Python that gives it.
 */
import { edits } from "../edits.js";
import { engine } from "../engine.js";
import { explain } from "../errors.js";
import { movedTable } from "./before-after.js";
import { make, uniqueId } from "./dom.js";

const PLACES = {
  "the block": "",
  attention: "/mha.0",
  "the feed-forward network": "/ffn.0",
};

class Moves extends HTMLElement {
  #line = make("code", {});
  #result = make("div", { class: "edit-moved", "aria-live": "polite" });
  #form = make("form", { class: "edit-form" });

  connectedCallback() {
    if (this.#form.parentElement) return;
    this.#form.append(...this.fields(), make("button", { type: "submit", class: "edit-run" }, "Run"));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
    this.append(this.#form, make("p", {}, this.#line), this.#result);
  }

  /** @returns {HTMLElement[]} */
  fields() {
    return [];
  }

  /** @returns {{name: string, args: unknown[], line: string, title: string}} */
  question() {
    throw new Error(`${this.localName} asks nothing`);
  }

  async #run() {
    this.#form.setAttribute("aria-busy", "true");
    try {
      const { name, args, line, title } = this.question();
      this.#line.textContent = line;
      this.#result.replaceChildren(movedTable(title, await edits.ask(name, args)));
    } catch (error) {
      const { message, hint } = explain(error);
      this.#result.replaceChildren(
        make("p", { class: "edit-error", role: "alert" }, make("strong", {}, message), " ", hint),
      );
    } finally {
      this.#form.removeAttribute("aria-busy");
    }
  }
}

class ModelPatch extends Moves {
  #a = make("input", { type: "text", size: 30 });
  #b = make("input", { type: "text", size: 30 });
  #layer = make("input", { type: "number", min: 0, step: 1, value: 0 });
  #place = make("select", {}, ...Object.keys(PLACES).map((name) => make("option", {}, name)));
  #position = make("input", { type: "number", min: 0, step: 1, value: 1 }); // where the texts begin to differ

  /** @override */
  fields() {
    this.#a.value = this.getAttribute("from") ?? "";
    this.#b.value = this.getAttribute("to") ?? "";
    return [
      labelled("First text", this.#a),
      labelled("Second text", this.#b),
      labelled("What is carried: the result of", this.#place),
      labelled("in block", this.#layer),
      labelled("at token", this.#position),
    ];
  }

  /** @override */
  question() {
    const inner = PLACES[/** @type {keyof typeof PLACES} */ (this.#place.value)];
    const path = `gpt2.0/transformer_block.${this.#layer.value}${inner}`;
    const position = this.#position.valueAsNumber;
    const line = `patch(encode(${JSON.stringify(this.#a.value)}), encode(${JSON.stringify(this.#b.value)}), "${path}", ${position}, params, n_head)`;
    const args = [this.#a.value, this.#b.value, path, position];
    return { name: "patch", args, line, title: "The token after the second text" };
  }
}

class ModelRounding extends Moves {
  #layer = make("input", { type: "number", min: 0, step: 1, value: 0 });
  #kind = make("select", {}, ...["fp16", "int8"].map((name) => make("option", {}, name)));

  /** @override */
  fields() {
    return [labelled("Weights of block", this.#layer), labelled("rounded to", this.#kind)];
  }

  /** @override */
  question() {
    const layer = this.#layer.valueAsNumber;
    const kind = this.#kind.value;
    const line = `rounding(ids, params, n_head, ${layer}, "${kind}")`;
    const title = `The next token, block ${layer} in ${kind}`;
    return { name: "rounding", args: [edits.prompt, layer, kind], line, title };
  }
}

/**
 * @param {string} text
 * @param {HTMLElement} control
 */
function labelled(text, control) {
  control.id = uniqueId("edit-field");
  return make("p", { class: "edit-field" }, make("label", { for: control.id }, text), control);
}

/** <model-script>: the model as it is now, in one file to take along. */
class ModelScript extends HTMLElement {
  connectedCallback() {
    if (this.childElementCount) return;
    const button = make("button", { type: "button", class: "edit-open" }, "Download .py");
    const note = make("span", { class: "edit-status", role: "status" });
    button.addEventListener("click", () => this.#save(note));
    this.append(button, note);
  }

  /** @param {HTMLElement} note */
  async #save(note) {
    note.textContent = engine.state.info ? "" : "As soon as the model is here …";
    try {
      const blob = new Blob([await edits.ask("script", [])], { type: "text/x-python" });
      const link = make("a", { href: URL.createObjectURL(blob), download: "gpt2.py" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      note.textContent = "Saved as gpt2.py.";
    } catch (error) {
      note.textContent = explain(error).message;
    }
  }
}

customElements.define("model-patch", ModelPatch);
customElements.define("model-rounding", ModelRounding);
customElements.define("model-script", ModelScript);
