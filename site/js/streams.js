// @ts-check
/**
 * Turns work that reports its progress through a callback into a stream: yields what was reported, returns what the
 * work returned. Of reports that pile up faster than they are read only the latest is kept: progress is a state.
 *
 * @template Report, Result
 * @param {(report: (item: Report) => void) => Promise<Result>} work
 * @returns {AsyncGenerator<Report, Result, void>}
 */
export async function* reporting(work) {
  /** @type {Report[]} */
  let latest = [];
  let isDone = false;
  let wake = () => {};
  const result = work((item) => {
    latest = [item];
    wake();
  });
  const settle = () => {
    isDone = true;
    wake();
  };
  result.then(settle, settle);
  while (!isDone || latest.length > 0) {
    const [item] = latest;
    latest = [];
    if (item !== undefined) yield item;
    else {
      await new Promise((/** @type {(value: void) => void} */ resolve) => {
        wake = resolve;
      });
    }
  }
  return result;
}
