// @ts-check
/** The one script of every page: defines the site's custom elements. */
import "./widgets/prompt-box.js";
