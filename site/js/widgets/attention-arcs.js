// @ts-check
/** Lines from one row of a table to others, as wide as what goes along them. */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const MOST_PX = 12;
const LEAST_WEIGHT = 0.002; // thinner ones would be nothing but clutter

/**
 * An image as high as the rows, one unit a row, to be stretched to their height.
 *
 * @param {number[]} weights  of each row, 0 to 1
 * @param {number} from       the row that looks
 */
export function attentionArcs(weights, from) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${weights.length}`);
  svg.setAttribute("preserveAspectRatio", "none");
  weights.forEach((weight, to) => {
    if (weight < LEAST_WEIGHT) return;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", arc(from, to, weights.length));
    path.setAttribute("stroke-width", (0.8 + (MOST_PX - 0.8) * weight).toFixed(2));
    path.setAttribute("stroke-opacity", (0.3 + 0.6 * weight).toFixed(2));
    svg.append(path);
  });
  return svg;
}

/**
 * The path from the middle of one row's edge to that of another; to itself, a dash.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} n  rows
 */
export function arc(from, to, n) {
  if (from === to) return `M${WIDTH} ${from + 0.5}H${WIDTH - 20}`;
  const reach = WIDTH - Math.max(24, (1.25 * WIDTH * Math.abs(to - from)) / n);
  return `M${WIDTH} ${from + 0.5}C${reach} ${from + 0.5} ${reach} ${to + 0.5} ${WIDTH} ${to + 0.5}`;
}
