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

/**
 * Draws a row anew and gives the focus back to the button that had it, by its `data-key`.
 *
 * @param {HTMLElement} place
 * @param {() => Node[]} draw  what is to stand in `place`
 */
export function keepingFocus(place, draw) {
  const active = document.activeElement;
  const key = active && place.contains(active) ? active.getAttribute("data-key") : null;
  place.replaceChildren(...draw());
  if (key) /** @type {HTMLElement | null} */ (place.querySelector(`[data-key="${key}"]`))?.focus();
}
