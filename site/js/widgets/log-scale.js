// @ts-check
const ROOM = 1.25; // beyond the smallest and the largest number

/**
 * A logarithmic axis that all of some numbers fit on, with round ticks: 1, 2 and 5 times powers of ten, or the powers
 * alone where that would be too many.
 *
 * @param {number[]} numbers  what is not above 0 has no place on it
 * @returns {{domain: [number, number], ticks: number[]}}
 */
export function logScale(numbers) {
  const positive = numbers.filter((number) => number > 0 && Number.isFinite(number));
  if (positive.length === 0) return { domain: [0.1, 10], ticks: [0.1, 1, 10] };
  const low = positive.reduce((a, b) => Math.min(a, b)) / ROOM;
  const high = positive.reduce((a, b) => Math.max(a, b)) * ROOM;
  const powers = Math.log10(high / low);
  const steps = powers > 2.5 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.log10(high); exponent++)
    for (const step of steps) {
      const tick = Number(`${step}e${exponent}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return { domain: [low, high], ticks };
}
