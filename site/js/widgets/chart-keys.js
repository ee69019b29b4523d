// @ts-check
import { make } from "./dom.js";

/**
 * Which line or dot of a chart is which.
 *
 * @param {{name: string, colour: string, dash?: string}[]} keys  `dash` of a line that is not drawn through
 */
export function chartKeys(keys) {
  return make(
    "p",
    { class: "chart-keys" },
    ...keys.map(({ name, colour, dash }) => {
      const sample = make("span", { class: "chart-key", "aria-hidden": "true" });
      Object.assign(sample.style, { borderColor: colour, borderBlockStartStyle: dash ? "dashed" : "solid" });
      return make("span", {}, sample, name);
    }),
  );
}
