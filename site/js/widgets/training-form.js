// @ts-check
/**
 * What a reader chooses before training: a text of the site or their own, and a few settings, with the Python that they
 * stand for underneath, as it will be run.
 *
 * @typedef {{name: string, title: string, author: string, path: string, characters: number, source: string}} Book
 *   of texts/index.json
 */
import { engine } from "../engine.js";
import { ExplainedError, explain } from "../errors.js";
import { training } from "../training.js";
import { make, uniqueId } from "./dom.js";

const OWN = "own";
/** What was chosen last, also on another visit to the page. */
const kept = {
  book: "",
  own: "",
  ownTitle: "your text",
  size: "tiny",
  n_steps: "300",
  rate: "0.003",
  seed: "1",
};

export class TrainingForm {
  #book = make("select", { id: uniqueId("lt-book") });
  #own = make("textarea", { id: uniqueId("lt-own"), rows: 5, spellcheck: "false", dir: "auto" });
  #file = make("input", { type: "file", accept: ".txt,text/plain", "aria-label": "A text file" });
  #ownPart = make("div", { class: "lt-own", hidden: true });
  #about = make("p", { class: "lt-about" });
  #size = make("select", { id: uniqueId("lt-size") });
  #nSteps = number({ min: 1, max: 20_000, step: 1 });
  #rate = number({ min: 0.00001, max: 1, step: "any" });
  #seed = number({ min: 0, max: 2 ** 32 - 1, step: 1 });
  #code = make("code", {});
  #fields = make("fieldset", { class: "lt-fields" });
  element = make("form", { class: "lt-form", novalidate: true, "aria-label": "What to train" });
  /** @type {Book[]} */
  #books = [];
  #asked = "";

  constructor() {
    this.#size.append(make("option", { value: "tiny" }, "tiny: 2 × 64"));
    this.#size.append(make("option", { value: "small" }, "small: 3 × 128"));
    this.#ownPart.append(
      labelled("Your text", this.#own),
      make("p", { class: "lt-file" }, "or a file from this device: ", this.#file),
    );
    const settings = make(
      "div",
      { class: "lt-settings" },
      labelled("Size: layers × channels", this.#size),
      labelled("Steps", this.#nSteps),
      labelled("Learning rate", this.#rate),
      labelled("Seed", this.#seed),
    );
    this.#fields.append(labelled("Text", this.#book), this.#about, this.#ownPart, settings);
    const pre = make("pre", { tabindex: 0, "aria-label": "The Python that runs" }, this.#code);
    const summary = make("summary", {}, "The Python that runs");
    this.element.append(
      this.#fields,
      make("details", { class: "lt-code heat-numbers", open: true }, summary, pre),
    );
    this.#restore();
    this.element.addEventListener("submit", (event) => event.preventDefault());
    this.element.addEventListener("input", () => this.#changed());
    this.#file.addEventListener("change", () => this.#readFile());
  }

  /** The page has it, again or for the first time. */
  async connect() {
    if (this.#books.length > 0) return;
    try {
      this.#books = await books();
    } catch (error) {
      this.#about.textContent = explain(error).message;
    }
    const options = this.#books.map(({ name, title }) => make("option", { value: name }, title));
    this.#book.replaceChildren(...options, make("option", { value: OWN }, "a text of your own"));
    this.#book.value = kept.book || (this.#books[0]?.name ?? OWN);
    this.#changed();
  }

  /** @returns {import("../training.js").Choice} */
  get choice() {
    return {
      size: this.#size.value,
      n_steps: this.#nSteps.valueAsNumber,
      learning_rate: this.#rate.valueAsNumber,
      seed: this.#seed.valueAsNumber,
    };
  }

  /** The chosen text, and what to call it. Throws where it cannot be had. */
  async text() {
    const book = this.#books.find(({ name }) => name === this.#book.value);
    if (!book) return { text: this.#own.value, title: kept.ownTitle };
    return { text: await fetchText(new URL(book.path, folder())), title: book.title };
  }

  /**
   * @param {boolean} isReady   Python can be asked
   * @param {boolean} isLocked  a run has begun: its choice stands
   */
  show(isReady, isLocked) {
    this.#fields.disabled = isLocked;
    if (isReady) this.#showCode();
    else this.#code.textContent = "# shown as soon as Python has loaded";
  }

  #restore() {
    this.#own.value = kept.own;
    this.#size.value = kept.size;
    this.#nSteps.value = kept.n_steps;
    this.#rate.value = kept.rate;
    this.#seed.value = kept.seed;
  }

  #changed() {
    kept.book = this.#book.value;
    kept.own = this.#own.value;
    kept.size = this.#size.value;
    kept.n_steps = this.#nSteps.value;
    kept.rate = this.#rate.value;
    kept.seed = this.#seed.value;
    this.#ownPart.hidden = kept.book !== OWN;
    const book = this.#books.find(({ name }) => name === kept.book);
    const n = (book?.characters ?? this.#own.value.length).toLocaleString("en");
    this.#about.textContent = book
      ? `${book.author}, in the public domain; ${n} characters, from ${book.source}.`
      : `${n} characters. Nothing is uploaded: the text stays in this page.`;
    if (engine.state.info) this.#showCode();
  }

  async #readFile() {
    const file = this.#file.files?.[0];
    if (!file) return;
    this.#own.value = (await file.text()).replaceAll("\r\n", "\n");
    kept.ownTitle = file.name;
    this.#changed();
  }

  /** Python says what the choice stands for. */
  async #showCode() {
    const asked = JSON.stringify(this.choice);
    if (asked === this.#asked) return;
    this.#asked = asked;
    let text = "";
    try {
      text = await training.recipe(this.choice);
    } catch (error) {
      const { message, hint } = explain(error);
      text = `# ${message}\n# ${hint}`;
      if (explain(error).class === "NotReadyError") this.#asked = "";
    }
    if (asked === this.#asked || this.#asked === "") this.#code.textContent = text;
  }
}

/** @type {Promise<Book[]> | null} */
let fetching = null;

/** The texts of this site, asked for once. */
function books() {
  fetching ??= fetchText(new URL("index.json", folder())).then((text) => JSON.parse(text));
  fetching.catch(() => {
    fetching = null; // the next visit tries again
  });
  return fetching;
}

function folder() {
  return new URL("texts/", engine.base);
}

/** @param {URL} url */
async function fetchText(url) {
  const response = await fetch(url).catch(() => null);
  if (response?.ok) return response.text();
  const got = response
    ? `the server answered ${response.status}`
    : `the server at ${url.host} does not answer`;
  throw new ExplainedError(
    "DownloadError",
    `${url.pathname}: expected a text, ${got}.`,
    "Check your connection and press Start again, or choose a text of your own.",
  );
}

/** @param {Record<string, string | number>} limits */
function number(limits) {
  return make("input", { type: "number", inputmode: "decimal", id: uniqueId("lt-number"), ...limits });
}

/**
 * @param {string} text
 * @param {HTMLElement} control
 */
function labelled(text, control) {
  return make("div", { class: "lt-field" }, make("label", { for: control.id }, text), control);
}
