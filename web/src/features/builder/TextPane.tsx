import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, type Diagnostic as Mark, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec, Transaction } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { minimalSetup } from "codemirror";
import { useEffect, useRef } from "react";
import type { Diagnostic } from "../../flow/problems";

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: "var(--faint)" },
]);

const LOOK = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--sheet)", color: "var(--text)" },
  ".cm-scroller": { fontFamily: "var(--mono)", overflow: "auto" },
  ".cm-gutters": { backgroundColor: "var(--sheet)", color: "var(--faint)", border: "0" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 9%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
});

export type TextPaneProps = {
  text: string;
  problems: readonly Diagnostic[];
  /** The line to bring into sight. */
  line: number | null;
  /** Whether it is only looked at. */
  fixed: boolean;
  change: (text: string) => void;
  undo: () => void;
  redo: () => void;
};

/** The document as text, with the compiler's words beside the lines. */
export default function TextPane({ text, problems, line, fixed, change, undo, redo }: TextPaneProps) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const first = useRef({ text, fixed });
  const calls = useRef({ change, undo, redo });
  calls.current = { change, undo, redo };

  useEffect(() => {
    if (!place.current) return;
    // Undo is the builder's own: it knows the edits on the canvas, too.
    const steps = [
      { key: "Mod-z", run: () => [calls.current.undo()].length > 0 },
      { key: "Mod-y", run: () => [calls.current.redo()].length > 0 },
      { key: "Mod-Shift-z", run: () => [calls.current.redo()].length > 0 },
    ];
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.current.text,
        extensions: [
          EditorState.readOnly.of(first.current.fixed),
          lineNumbers(),
          lintGutter(),
          highlightActiveLine(),
          yaml(),
          syntaxHighlighting(COLOURS),
          Prec.highest(keymap.of(steps)),
          minimalSetup,
          EditorView.contentAttributes.of({ "aria-label": "The flow as YAML", tabindex: "0" }),
          EditorView.updateListener.of((update) => {
            const ours = update.transactions.some((one) => one.annotation(Transaction.remote));
            if (update.docChanged && !ours) calls.current.change(update.state.doc.toString());
          }),
          LOOK,
        ],
      }),
    });
    editor.current = view;
    return () => view.destroy();
  }, []);

  useEffect(() => {
    const view = editor.current;
    if (!view || view.state.doc.toString() === text) return;
    view.dispatch({ changes: between(view.state.doc.toString(), text), annotations: Transaction.remote.of(true) });
  }, [text]);

  useEffect(() => {
    const view = editor.current;
    if (view)
      view.dispatch(
        setDiagnostics(
          view.state,
          problems.map((problem) => mark(view.state, problem)),
        ),
      );
  }, [problems]);

  useEffect(() => {
    const view = editor.current;
    if (!view || line === null || line < 1 || line > view.state.doc.lines || view.hasFocus) return;
    const { from } = view.state.doc.line(line);
    view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  }, [line]);

  return <div className="text-pane" ref={place} />;
}

/** The one stretch in which two texts differ. */
function between(before: string, after: string) {
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - from;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return { from, to: before.length - tail, insert: after.slice(from, after.length - tail) };
}

function mark(state: EditorState, { line, column, severity, message, hint }: Diagnostic): Mark {
  const at = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
  const from = Math.min(at.to, at.from + Math.max(0, column - 1));
  const word = /^[\w"'.-]+/.exec(state.doc.sliceString(from, at.to))?.[0].length ?? 0;
  return {
    from,
    to: Math.max(from, Math.min(at.to, from + word)),
    severity: severity === "error" ? "error" : "warning",
    message: hint ? `${message} – ${hint}` : message,
  };
}
