// @ts-check
/**
 * How long Python may take to answer a reader who has pressed Stop, before its worker is ended.
 *
 * Sound code hears of the Stop when the step that it is at is done, at the latest after the passes over the whole text
 * that are before it in the queue. What those take on a slow machine is waited for: to end a worker that was about to
 * answer costs the model's way back into memory. Who does not want to wait presses Stop again.
 */

const LEAST_MS = 1000;
const MOST_MS = 15_000;
const N_PASSES = 4; // two models read the text, views look at it, and the text may have grown
const CHARS_PER_TOKEN = 2; // more in most texts
const OPERATIONS_PER_SECOND = 5e9; // a phone's, by NumPy alone

/**
 * @param {{n_params: number, n_ctx: number}} info  of the model
 * @param {string | number[]} prompt
 */
export function patienceMs({ n_params, n_ctx }, prompt) {
  const n_tokens = typeof prompt === "string" ? prompt.length / CHARS_PER_TOKEN : prompt.length;
  const operations = 2 * n_params * Math.min(n_ctx, n_tokens); // of one pass: each weight multiplies and adds
  return Math.min(MOST_MS, LEAST_MS + (1000 * N_PASSES * operations) / OPERATIONS_PER_SECOND);
}
