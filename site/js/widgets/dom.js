// @ts-check
/**
 * Makes an element: `make("button", { type: "submit", "aria-label": "…" }, "Generate")`. A property whose value is
 * false or null is left out; one that is true becomes an attribute without a value.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

let lastId = 0;

/**
 * An id that no other element of the page has.
 *
 * @param {string} name
 */
export function uniqueId(name) {
  lastId += 1;
  return `${name}-${lastId}`;
}
