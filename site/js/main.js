// @ts-check
/** The one script of every page: defines the site's custom elements; those of Learn come when a page has one. */
import "./scrollers.js";
import "./widgets/prompt-box.js";
import "./widgets/shared-link.js";
import "./widgets/speed-test.js";

import { engine } from "./engine.js";
import { showBanner } from "./widgets/edit-banner.js";

// ?model=URL offers the checkpoint at that address, once for a page load: the reader is asked before anything is fetched
const address = new URLSearchParams(globalThis.location?.search).get("model");
if (address) engine.arrivals.offerAddress(address);

/** The theme swaps pages without loading them anew, and tells of each by this subject. */
const { document$ } = /** @type {{document$?: {subscribe: (on: () => void) => void}}} */ (
  /** @type {unknown} */ (globalThis)
);
const lookForLearn = () =>
  document.querySelector("learn-bench, model-editor, model-experiments") && import("./learn.js");
if (document$) {
  document$.subscribe(lookForLearn);
  document$.subscribe(showBanner);
} else lookForLearn();
