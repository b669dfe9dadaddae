import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";

export type Option = { value: string; label: string; help?: string | undefined; group?: string | undefined };

export type Question = {
  title: string;
  options: readonly Option[];
  /** Whether a text that is no option may be chosen, too. */
  free?: boolean | undefined;
  /** Where on the screen it is asked; in the middle unless told. */
  at?: { x: number; y: number } | undefined;
  choose: (value: string) => void;
};

/** Asks for one of many: type to narrow the list, arrows and Enter to choose, Escape to leave. */
export function Chooser({ question, close }: { question: Question; close: () => void }) {
  const { title, options, free, at: point, choose } = question;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  useEffect(() => dialog.current?.showModal(), []);
  const shown = useMemo(() => narrowed(options, text, free === true), [options, text, free]);
  const current = Math.min(at, shown.length - 1);
  useEffect(() => {
    document.getElementById(`${id}-${current}`)?.scrollIntoView({ block: "nearest" });
  }, [id, current]);
  const take = (option: Option | undefined) => {
    if (!option) return;
    dialog.current?.close();
    choose(option.value);
  };
  const key = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && shown.length > 0) setAt((current + by + shown.length) % shown.length);
    else if (event.key === "Enter") take(shown[current]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} className="sheet chooser" aria-label={title} style={point && beside(point)} onClose={close}>
      <input
        role="combobox"
        aria-label={title}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={shown.length > 0 ? `${id}-${current}` : undefined}
        placeholder={title}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={key}
      />
      <div role="listbox" id={id} aria-label={title} tabIndex={-1}>
        {shown.map((option, index) => (
          <div
            key={`${option.group} ${option.value}`}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            onPointerMove={() => setAt(index)}
            onClick={() => take(option)}
            onKeyDown={key}
          >
            <span>{option.label}</span>
            {option.help && <span className="faint">{option.help}</span>}
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className="faint">Nothing of that name.</p>}
    </dialog>
  );
}

function narrowed(options: readonly Option[], text: string, free: boolean): Option[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = ({ label, help, group }: Option) => `${label} ${help ?? ""} ${group ?? ""}`.toLowerCase();
  const rank = ({ label }: Option) => (words[0] && label.toLowerCase().startsWith(words[0]) ? 0 : 1);
  const found = options.filter((option) => words.every((word) => said(option).includes(word)));
  const sorted = words.length > 0 ? found.sort((a, b) => rank(a) - rank(b)) : found;
  const wanted = text.trim();
  const known = options.some(({ value }) => value === wanted);
  return free && wanted && !known ? [...sorted, { value: wanted, label: wanted, help: "as it is written" }] : sorted;
}

/** A menu of that size fits on the screen. */
const SIZE = { width: 420, height: 380 };

function beside({ x, y }: { x: number; y: number }) {
  const left = Math.max(8, Math.min(x, innerWidth - SIZE.width));
  const top = Math.max(8, Math.min(y, innerHeight - SIZE.height));
  return { margin: 0, left, top, maxHeight: innerHeight - top - 8 };
}
