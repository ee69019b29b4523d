// @ts-check
/**
 * Errors that a reader can act on: what went wrong (`message`), what to do next (`hint`), and a name (`class`).
 *
 *     ExplainedError          thrown by this site's own modules
 *     └── RemoteError         thrown on the other side of a port (protocol.js)
 *
 * @typedef {{class: string, message: string, hint: string}} PlainError  what crosses a port
 */

export class ExplainedError extends Error {
  /**
   * @param {string} className
   * @param {string} message
   * @param {string} [hint]
   */
  constructor(className, message, hint = "") {
    super(message);
    this.name = className;
    this.class = className;
    this.hint = hint;
  }
}

/**
 * Anything thrown, as plain data.
 *
 * @param {unknown} thrown
 * @returns {PlainError}
 */
export function explain(thrown) {
  if (thrown instanceof ExplainedError) {
    return { class: thrown.class, message: thrown.message, hint: thrown.hint };
  }
  if (thrown instanceof Error) return { class: thrown.name, message: thrown.message, hint: "" };
  return { class: "Error", message: String(thrown), hint: "" };
}
