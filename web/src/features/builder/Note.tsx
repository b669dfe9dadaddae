import { useState } from "react";

/** About as wide as a letter of a note is drawn. */
const LETTER = 6;

/** Beside the note's text: the step's edges, and what unfolds it. */
const REST = 44;

/** A step's note: a line of it, and all of a long one when it is unfolded. The inspector has the whole for the keyboard. */
export function Note({ text, width }: { text: string; width: number }) {
  const [open, setOpen] = useState(false);
  const [line = ""] = text.split("\n");
  const long = text !== line || line.length * LETTER > width - REST;
  return (
    <div className="step-note">
      <div className={open ? "open nodrag nowheel" : ""}>
        <span>{open ? text : line}</span>
        {long && (
          <button
            type="button"
            className="note-fold nodrag"
            tabIndex={-1}
            aria-expanded={open}
            aria-label={open ? "Fold the note" : "Unfold the note"}
            onClick={() => setOpen(!open)}
          >
            {open ? "▴" : "▾"}
          </button>
        )}
      </div>
    </div>
  );
}
