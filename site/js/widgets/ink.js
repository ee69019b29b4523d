// @ts-check
/**
 * Black or white, whichever is easier to read on a colour: their contrast ratios as WCAG 2 defines them.
 *
 * @param {[number, number, number]} rgb  from 0 to 255
 */
export function inkOn(rgb) {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const withBlack = (luminance + 0.05) / 0.05;
  const withWhite = 1.05 / (luminance + 0.05);
  return withBlack >= withWhite ? "#000" : "#fff";
}
