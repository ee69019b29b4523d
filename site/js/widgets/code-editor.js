// @ts-check
/** CodeMirror as this site uses it: Python, the site's colours, one line that may be marked as wrong. */
import { codemirror } from "../vendor.js";

/**
 * @typedef {object} CodeEditor
 * @property {string} text
 * @property {(lineno: number, message: string) => void} mark  a line, counted from 1
 * @property {() => void} unmark
 * @property {() => void} focus
 */

/**
 * @param {HTMLElement} parent
 * @param {object} options
 * @param {string} options.text
 * @param {string} options.label
 * @param {(text: string) => void} options.onChange
 * @param {() => void} options.onRun  Ctrl+Enter, or ⌘+Enter
 * @returns {Promise<CodeEditor>}
 */
export async function codeEditor(parent, { text, label, onChange, onRun }) {
  const cm = await codemirror();
  const run = () => {
    onRun();
    return true;
  };
  const view = new cm.EditorView({
    doc: text,
    parent,
    extensions: [
      cm.lineNumbers(),
      cm.lintGutter(),
      cm.history(),
      cm.drawSelection(),
      cm.python(),
      cm.indentUnit.of("    "),
      cm.indentOnInput(),
      cm.bracketMatching(),
      cm.syntaxHighlighting(cm.classHighlighter),
      cm.Prec.highest(cm.keymap.of([{ key: "Mod-Enter", run }])),
      // Tab is not among the keys: it leads out of the editor, as everywhere on the page
      cm.keymap.of([...cm.defaultKeymap, ...cm.historyKeymap]),
      cm.EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      cm.EditorView.updateListener.of((update) => {
        if (update.docChanged) onChange(update.state.doc.toString());
      }),
    ],
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    mark(lineno, message) {
      const { from, to } = view.state.doc.line(Math.min(Math.max(lineno, 1), view.state.doc.lines));
      const begin = from + (view.state.sliceDoc(from, to).match(/^\s*/)?.[0].length ?? 0);
      const wrong = { from: begin, to, severity: /** @type {const} */ ("error"), message };
      view.dispatch(cm.setDiagnostics(view.state, [wrong]), {
        effects: cm.EditorView.scrollIntoView(begin),
      });
    },
    unmark() {
      view.dispatch(cm.setDiagnostics(view.state, []));
    },
    focus() {
      view.focus();
    },
  };
}
