// @ts-check
/**
 * Third-party modules, fetched when a page first needs them. build/vendor/ says what is in them; whoever needs more
 * of a library adds it there.
 */

/** @returns {Promise<typeof import("../../build/vendor/plot.js")>}  Observable Plot, for charts */
export const plot = () => load("plot.js");

/** @returns {Promise<typeof import("../../build/vendor/codemirror.js")>}  CodeMirror 6, an editor for Python */
export const codemirror = () => load("codemirror.js");

/** @param {string} name */
const load = (name) => import(new URL(`../vendor/${name}`, import.meta.url).href);
