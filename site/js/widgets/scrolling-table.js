// @ts-check
import { make } from "./dom.js";

/**
 * A table that scrolls within itself, by keyboard too.
 *
 * @param {string} label
 * @param {string[][]} rows  the first of each is the row's name
 * @param {string[]} heads   of the columns, the names' included
 */
export function scrollingTable(label, rows, heads) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([name, ...numbers]) =>
    make("tr", {}, make("th", { scope: "row" }, name), ...numbers.map((text) => make("td", {}, text))),
  );
  const table = make(
    "table",
    { class: "numbers-table" },
    make("caption", {}, label),
    make("thead", {}, head),
    make("tbody", {}, ...body),
  );
  return make("div", { class: "heat-scroll", tabindex: 0, role: "region", "aria-label": label }, table);
}
