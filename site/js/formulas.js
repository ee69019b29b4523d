// @ts-check
/** Formulas wider than the page scroll within themselves: these, and no others, are stops of the Tab key. */

const watched = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = /** @type {HTMLElement} */ (target.closest("div.arithmatex"));
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
});

/** Watches the formulas of the page that is shown now. */
function watch() {
  watched.disconnect();
  for (const part of document.querySelectorAll("div.arithmatex, div.arithmatex > *")) watched.observe(part);
}

// The theme's stream of pages: it emits the one that is shown, then each one that takes its place.
/** @type {{document$?: {subscribe(next: () => void): void}}} */ (globalThis).document$?.subscribe(watch);
