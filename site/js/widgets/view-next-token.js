// @ts-check
/**
 * <view-next-token n="10">: the likeliest next tokens as bars, and what all the others have together.
 *
 * @typedef {{tokens: string[], ids: number[], probabilities: import("../arrays.js").NDArray, rest: number,
 *   n_vocab: number}} Value
 */
import { make } from "./dom.js";
import { LiveView } from "./live-view.js";
import { percent, visible } from "./text.js";

export class ViewNextToken extends LiveView {
  /**
   * @override
   * @param {Value} value
   * @param {import("../engine.js").Inspection} inspection
   */
  draw({ tokens, ids, probabilities, rest, n_vocab }, inspection) {
    const after = visible(inspection.pieces[inspection.focus.token]);
    const caption = make("caption", {}, "What may follow ", make("code", {}, after));
    const head = make(
      "tr",
      {},
      ...["token", "id", "probability"].map((text) => make("th", { scope: "col" }, text)),
    );
    const rows = tokens.map((token, i) => bar(visible(token), String(ids[i]), probabilities.data[i]));
    const others = `all ${(n_vocab - tokens.length).toLocaleString("en")} others`;
    rows.push(bar(others, "", rest, "view-bar-rest"));
    this.body.replaceChildren(
      make("table", { class: "view-bars" }, caption, make("thead", {}, head), make("tbody", {}, ...rows)),
    );
  }
}

/**
 * @param {string} name
 * @param {string} id
 * @param {number} share  from 0 to 1
 */
function bar(name, id, share, className = "") {
  const fill = make("span", { class: "view-bar-fill", "aria-hidden": "true" });
  fill.style.inlineSize = `${100 * Math.max(0, share)}%`;
  return make(
    "tr",
    { class: className || null },
    make("th", { scope: "row" }, id ? make("code", {}, name) : name),
    make("td", { class: "view-number" }, id),
    make("td", { class: "view-bar" }, fill, make("span", {}, percent(share))),
  );
}

customElements.define("view-next-token", ViewNextToken);
