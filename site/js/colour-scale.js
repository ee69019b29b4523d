// @ts-check
/**
 * Colours for numbers: even steps of a number are even steps to the eye, since lightness and chroma run straight lines in
 * OKLCH; and blue against orange stays apart for colour-blind readers. The ground is the page's, light or dark.
 * Source: Björn Ottosson 2020, https://bottosson.github.io/posts/oklab/.
 *
 * @typedef {[number, number, number]} Triple
 * @typedef {"sequential" | "diverging"} ScaleKind  sequential for what begins at 0, diverging for both signs
 */

/** @type {Record<"light" | "dark", {ground: Triple, low: Triple, high: Triple}>} lightness, chroma, hue in degrees */
const ANCHORS = {
  light: { ground: [0.97, 0, 0], low: [0.45, 0.15, 50], high: [0.4, 0.15, 262] },
  dark: { ground: [0.25, 0, 0], low: [0.83, 0.13, 65], high: [0.85, 0.1, 250] },
};
const N_STEPS = 256;

/** @type {Map<string, Uint8ClampedArray>} */
const tables = new Map();

export const isDark = () => globalThis.document?.body?.dataset.mdColorScheme === "slate";

/**
 * A function from numbers to [red, green, blue]. The range of a diverging scale is made even around 0.
 *
 * @param {ScaleKind} kind
 * @param {number} min
 * @param {number} max
 * @param {boolean} dark
 * @returns {(value: number) => Triple}
 */
export function colourScale(kind, min, max, dark = isDark()) {
  const table = tableOf(kind, dark);
  const most = Math.max(Math.abs(min), Math.abs(max)) || 1;
  const low = kind === "diverging" ? -most : Math.min(0, min);
  const span = (kind === "diverging" ? most : max) - low || 1;
  return (value) => {
    const share = Math.min(1, Math.max(0, (value - low) / span));
    const at = 3 * Math.round((N_STEPS - 1) * share);
    return [table[at], table[at + 1], table[at + 2]];
  };
}

/** Calls `redraw` whenever the reader switches between light and dark, until `signal` aborts. */
export function onSchemeChange(/** @type {() => void} */ redraw, /** @type {AbortSignal} */ signal) {
  const observer = new MutationObserver(redraw);
  observer.observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  signal.addEventListener("abort", () => observer.disconnect());
}

/**
 * @param {ScaleKind} kind
 * @param {boolean} dark
 */
function tableOf(kind, dark) {
  const key = `${kind} ${dark}`;
  let table = tables.get(key);
  if (!table) {
    const { ground, low, high } = ANCHORS[dark ? "dark" : "light"];
    table = new Uint8ClampedArray(3 * N_STEPS);
    for (let i = 0; i < N_STEPS; i++) {
      const share = i / (N_STEPS - 1);
      const side = kind === "sequential" ? share : Math.abs(2 * share - 1);
      const end = kind === "diverging" && share < 0.5 ? low : high;
      table.set(srgb(between(ground, end, side)), 3 * i);
    }
    tables.set(key, table);
  }
  return table;
}

/**
 * On the straight line from a grey to a colour, whose hue it has.
 *
 * @param {Triple} grey
 * @param {Triple} colour
 * @param {number} share
 * @returns {Triple}
 */
function between(grey, colour, share) {
  return [grey[0] + share * (colour[0] - grey[0]), share * colour[1], colour[2]];
}

/**
 * @param {Triple} lch  in OKLCH
 * @returns {Triple}  from 0 to 255
 */
export function srgb([lightness, chroma, hue]) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** @param {number} linear */
function encoded(linear) {
  const value = Math.min(1, Math.max(0, linear));
  return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
}
