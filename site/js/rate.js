// @ts-check
/** How fast something grows, over the last few seconds. */
const WINDOW_MS = 5000;

export class Rate {
  /** @type {{value: number, at: number}[]} */
  #samples = [];

  /**
   * Takes a sample; units per second, 0 as long as nothing can be said.
   *
   * @param {number} value
   * @param {number} at  in milliseconds
   */
  of(value, at) {
    this.#samples.push({ value, at });
    while (this.#samples.length > 2 && this.#samples[1].at <= at - WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    return at > first.at ? ((value - first.value) * 1000) / (at - first.at) : 0;
  }
}
