/** What was, what is, and what was undone. */

export type History<T> = { past: readonly T[]; now: T; future: readonly T[]; mark: string | null };

/** Steps that can be undone. */
const DEPTH = 200;

export function begun<T>(now: T): History<T> {
  return { past: [], now, future: [], mark: null };
}

/** A step further. Steps of one mark, such as the letters of one field, are undone together. */
export function step<T>(history: History<T>, now: T, mark: string | null = null): History<T> {
  if (now === history.now) return history;
  const joined = mark !== null && mark === history.mark;
  const past = joined ? history.past : [...history.past, history.now].slice(-DEPTH);
  return { past, now, future: [], mark };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], mark: null };
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...future] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.now], now: after, future, mark: null };
}
