import { createContext, useContext, useSyncExternalStore } from "react";

/** Who moved the cursor: whoever did does not follow it. */
export type Mover = "clock" | "events" | "sound" | "ladder";

/** The moment of the call that all parts of the page show. It is no state of React: it moves with the pointer. */
export class Cursor {
  at = 0;
  /** The line of the journal that was chosen, where one was: many may have the same moment. */
  seq: number | null = null;
  by: Mover = "clock";
  private readonly listeners = new Set<() => void>();

  move(at: number, by: Mover, seq: number | null = null): void {
    if (at === this.at && by === this.by && seq === this.seq) return;
    this.at = at;
    this.seq = seq;
    this.by = by;
    for (const listener of this.listeners) listener();
  }

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

const Context = createContext(new Cursor());

export const CursorProvider = Context.Provider;

export function useCursor(): Cursor {
  return useContext(Context);
}

/** What a part reads from the cursor; it is drawn anew when that changes. */
export function useAtCursor<T extends string | number | boolean>(read: (at: number, seq: number | null) => T): T {
  const cursor = useCursor();
  return useSyncExternalStore(cursor.listen, () => read(cursor.at, cursor.seq));
}
