// Sets formulas: a JSON list of {tex, display} on the standard input becomes a list of {html} or {error}.

import { text } from "node:stream/consumers";
import { ParseError, renderToString } from "katex";

/** @typedef {{tex: string, display: boolean}} Formula */

/** @param {Formula} formula */
function set({ tex, display }) {
  try {
    return { html: renderToString(tex, { displayMode: display, strict: "error" }) };
  } catch (error) {
    if (error instanceof ParseError) return { error: error.message };
    throw error;
  }
}

/** @type {Formula[]} */
const formulas = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(formulas.map(set)));
