import assert from "node:assert/strict";
import { test } from "node:test";
import { colourScale } from "../../site/js/colour-scale.js";
import { inkOn } from "../../site/js/widgets/ink.js";

test("ink is black on light grounds and white on dark ones", () => {
  assert.equal(inkOn([255, 255, 255]), "#000");
  assert.equal(inkOn([255, 220, 0]), "#000");
  assert.equal(inkOn([0, 0, 0]), "#fff");
  assert.equal(inkOn([20, 40, 140]), "#fff");
});

test("on every colour of the scale, light and dark, ink has the contrast that small text needs", () => {
  for (const isDark of [false, true]) {
    const scale = colourScale("sequential", 0, 1, isDark);
    for (let share = 0; share <= 1; share += 1 / 64) {
      const colour = scale(share);
      const [low, high] = [luminance(colour), inkOn(colour) === "#fff" ? 1 : 0].sort((a, b) => a - b);
      assert.ok((high + 0.05) / (low + 0.05) >= 4.5, `${colour}`);
    }
  }
});

/** As WCAG 2 defines it. @param {number[]} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((n) =>
    n / 255 <= 0.04045 ? n / 255 / 12.92 : ((n / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
