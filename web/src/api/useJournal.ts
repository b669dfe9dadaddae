import { useCallback, useEffect, useRef, useState } from "react";
import { append, EMPTY } from "../journal/append";
import type { Line } from "../journal/line";
import { api, data, type Schemas } from "./client";
import { follow } from "./live";

/** Lines that come live are shown together, so often at most. */
const PAINT_MS = 60;

/** A gap that a page did not fill is asked for again after that long. */
const AGAIN_MS = 1_000;

export interface Read {
  lines: readonly Line[];
  loaded: boolean;
  error: unknown;
  /** When the last lines came, by `performance.now()`. */
  came: number;
  retry: () => void;
}

/** A call's journal: all of it so far, and what comes to it. */
export function useJournal(sid: string): Read {
  const [state, setState] = useState({ lines: EMPTY.lines, loaded: false, error: null as unknown, came: 0 });
  const reader = useRef<Reader | null>(null);
  useEffect(() => {
    setState({ lines: EMPTY.lines, loaded: false, error: null, came: 0 });
    const now = new Reader(sid, (change) => setState((before) => ({ ...before, ...change, came: performance.now() })));
    reader.current = now;
    now.fill();
    const leave = follow({
      line: (line) => line.call === sid && now.take([line]),
      gap: () => now.fill(),
    });
    return () => {
      leave();
      now.stop();
    };
  }, [sid]);
  const retry = useCallback(() => reader.current?.fill(), []);
  return { ...state, retry };
}

type Change = { lines?: readonly Line[]; loaded?: boolean; error?: unknown };

class Reader {
  private journal = EMPTY;
  private filling = false;
  private wanted = false;
  private stopped = false;
  private paint: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly sid: string,
    private readonly show: (change: Change) => void,
  ) {}

  take(lines: readonly Line[]) {
    const next = append(this.journal, lines);
    if (next === this.journal) return;
    this.journal = next;
    this.paint ??= setTimeout(() => {
      this.paint = undefined;
      if (!this.stopped) this.show({ lines: this.journal.lines });
    }, PAINT_MS);
    if (next.early.length > 0) void this.fill();
  }

  /** Fetches what is not here yet. */
  async fill() {
    this.wanted = true;
    if (this.filling) return;
    this.filling = true;
    try {
      while (this.wanted && !this.stopped) {
        this.wanted = false;
        await this.pages();
      }
      if (!this.stopped) this.show({ lines: this.journal.lines, loaded: true, error: null });
    } catch (error) {
      if (!this.stopped) this.show({ error });
    }
    this.filling = false;
    clearTimeout(this.again);
    if (this.journal.early.length > 0 && !this.stopped) this.again = setTimeout(() => this.fill(), AGAIN_MS);
  }

  private async pages() {
    let from: number | null = this.journal.lines.length;
    while (from !== null && !this.stopped) {
      const params: { path: { sid: string }; query: { from: number } } = { path: { sid: this.sid }, query: { from } };
      const page: Schemas["Journal"] = await data(api.GET("/api/v1/calls/{sid}/events", { params }));
      this.journal = append(this.journal, page.events as unknown as Line[]);
      from = page.next ?? null;
    }
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.paint);
    clearTimeout(this.again);
  }
}
