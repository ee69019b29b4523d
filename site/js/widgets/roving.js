// @ts-check
/**
 * A row of buttons with one tab stop: the arrow keys walk along it, and choose.
 *
 * @param {HTMLElement} row
 * @param {string} selector  of its buttons
 */
export function roving(row, selector) {
  row.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step) return;
    const buttons = /** @type {HTMLElement[]} */ ([...row.querySelectorAll(selector)]);
    const at = buttons.findIndex((button) => button.contains(/** @type {Node} */ (event.target)));
    const next = buttons[at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  });
}

const SCROLLING = ".view-strip, .view-words-row, .view-scroll";

/**
 * Draws anew what is in `place`: the button that had the focus gets it back, by its `data-key`; what was scrolled stays so,
 * but for bringing into sight what is chosen.
 *
 * @param {HTMLElement} place
 * @param {() => Node[]} draw  what is to stand in `place`
 */
export function keepingFocus(place, draw) {
  const active = document.activeElement;
  const key = active && place.contains(active) ? active.getAttribute("data-key") : null;
  const before = [...place.querySelectorAll(SCROLLING)].map(({ scrollTop }) => scrollTop);
  place.replaceChildren(...draw());
  place.querySelectorAll(SCROLLING).forEach((element, i) => {
    element.scrollTop = before[i] ?? 0;
    bringIntoSight(element);
  });
  const again = key === null ? null : place.querySelector(`[data-key="${key}"]`);
  /** @type {HTMLElement | null} */ (again)?.focus({ preventScroll: true });
}

/** Scrolls an element, and never the page, to the choice in it. @param {Element} element */
function bringIntoSight(element) {
  const chosen = element.querySelector('[aria-pressed="true"]')?.getBoundingClientRect();
  if (!chosen) return;
  const box = element.getBoundingClientRect();
  if (chosen.top < box.top) element.scrollTop -= box.top - chosen.top;
  else if (chosen.bottom > box.bottom) element.scrollTop += chosen.bottom - box.bottom;
}
