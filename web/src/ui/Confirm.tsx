import { type ReactNode, useEffect, useRef } from "react";

/** Asks before something is done that cannot be undone. Escape is "no". */
export function Confirm({
  title,
  children,
  act,
  acting,
  done,
  refuse,
}: {
  title: string;
  children: ReactNode;
  act: string;
  acting: boolean;
  done: () => void;
  refuse: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="sheet" aria-labelledby="confirm-title" onClose={refuse}>
      <h2 id="confirm-title">{title}</h2>
      {children}
      <div className="row">
        <button type="button" className="danger" onClick={done} disabled={acting}>
          {act}
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Leave it
        </button>
      </div>
    </dialog>
  );
}
