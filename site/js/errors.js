// @ts-check
/**
 * Errors that a reader can act on: what went wrong (`message`), what to do next (`hint`), and a name (`class`).
 *
 *     ExplainedError          thrown by this site's own modules
 *     └── RemoteError         thrown on the other side of a port (protocol.js)
 *
 * @typedef {{name: string, lineno: number | null, traceback: string}} EditPlace  where an edit of the model went wrong
 * @typedef {{class: string, message: string, hint: string, edit?: EditPlace}} PlainError  what crosses a port
 */

export class ExplainedError extends Error {
  /**
   * @param {string} className
   * @param {string} message
   * @param {string} [hint]
   * @param {EditPlace} [edit]
   */
  constructor(className, message, hint = "", edit = undefined) {
    super(message);
    this.name = className;
    this.class = className;
    this.hint = hint;
    this.edit = edit;
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
    const { class: className, message, hint, edit } = thrown;
    return { class: className, message, hint, ...(edit && { edit }) };
  }
  if (thrown instanceof Error) return { class: thrown.name, message: thrown.message, hint: "" };
  return { class: "Error", message: String(thrown), hint: "" };
}
