// @ts-check
/**
 * On pages with a prompt box, named first in the page's head (build/preload.py): Python starts while the browser is
 * still at the page's styles and the theme's scripts. The box finds it running.
 */
import { engine } from "./engine.js";

engine.start();
