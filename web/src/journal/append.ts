import type { Line } from "./line";

/** The lines of a call so far. */
export interface Journal {
  /** From 0 without a gap. */
  lines: readonly Line[];
  /** Lines that came early: after others that have not come yet. */
  early: readonly Line[];
}

export const EMPTY: Journal = { lines: [], early: [] };

/** Further lines, in whatever order and however often they come. */
export function append(journal: Journal, come: readonly Line[]): Journal {
  const waiting = new Map<number, Line>();
  for (const line of [...journal.early, ...come]) if (line.seq >= journal.lines.length) waiting.set(line.seq, line);
  const next: Line[] = [];
  for (let seq = journal.lines.length; ; seq++) {
    const line = waiting.get(seq);
    if (!line) break;
    next.push(line);
    waiting.delete(seq);
  }
  const early = [...waiting.values()].sort((a, b) => a.seq - b.seq);
  if (next.length === 0 && early.length === journal.early.length) return journal;
  return { lines: next.length ? [...journal.lines, ...next] : journal.lines, early };
}
