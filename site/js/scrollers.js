// @ts-check
/** Formulas and tables wider than the page scroll within themselves: these, and no others, are stops of the Tab key. */

const SCROLLERS = "div.arithmatex, .md-typeset__scrollwrap";

const watched = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = /** @type {HTMLElement} */ (target.closest(SCROLLERS));
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
});

/** Watches the page that is shown now: the boxes, and what is in them, which grows when its fonts arrive. */
function watch() {
  watched.disconnect();
  for (const box of document.querySelectorAll(SCROLLERS)) {
    for (const part of [box, ...box.children]) watched.observe(part);
  }
}

// The theme's stream of pages: it emits the one that is shown, then each one that takes its place.
/** @type {{document$?: {subscribe(next: () => void): void}}} */ (globalThis).document$?.subscribe(watch);
