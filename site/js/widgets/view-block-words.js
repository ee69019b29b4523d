// @ts-check
/**
 * <view-block-words n="3">: the likeliest next tokens after every block, had the model ended there. A block's number
 * looks at that block.
 *
 * @typedef {{tokens: string[], probabilities: number[]}} Guess
 * @typedef {{blocks: Guess[]}} Value
 */
import { views } from "../views.js";
import { dataTable, scroller } from "./data-table.js";
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";

export class ViewBlockWords extends LiveView {
  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ blocks }, { focus, pieces }) {
    const piece = visible(pieces[focus.token]);
    const caption = ["What would follow ", make("code", {}, piece), ", read after block …"];
    const rows = blocks.map((guess, layer) => rowOf(guess, layer, layer === focus.layer));
    const label = "The likeliest next tokens after every block";
    this.body.replaceChildren(scroller(label, dataTable({ caption, rows, kind: "view-guesses" })));
  }
}

/**
 * @param {Guess} guess
 * @param {number} layer
 * @param {boolean} isLookedAt
 */
function rowOf({ tokens, probabilities }, layer, isLookedAt) {
  const cells = tokens.map((token, i) =>
    make(
      "span",
      {},
      make("code", {}, visible(token)),
      " ",
      make("span", { class: "view-number" }, percent(probabilities[i])),
    ),
  );
  const button = make(
    "button",
    {
      type: "button",
      class: "view-chip",
      "aria-pressed": String(isLookedAt),
      "aria-label": `block ${layer}`,
    },
    String(layer),
  );
  button.addEventListener("click", () => views.look({ layer }));
  return [button, ...cells];
}

customElements.define("view-block-words", ViewBlockWords);
