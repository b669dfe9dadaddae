import { useSyncExternalStore } from "react";
import type { Line } from "../journal/line";

/** A line of some call's journal, as it was written. */
export type LiveLine = Line & { call: string };

export interface Follower {
  line(line: LiveLine): void;
  /** Lines may have passed by unseen: they are to be fetched. Also said when the stream begins. */
  gap(): void;
}

export type Liveness = "connecting" | "live" | "lost";

/** How long a stream stays open that nobody follows, and the pauses before it is opened anew. */
const LINGER_MS = 1_000;
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000];

/** The one event stream of this window, shared by whoever follows. */
class Stream {
  private readonly followers = new Set<Follower>();
  private readonly watchers = new Set<() => void>();
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  liveness: Liveness = "connecting";

  follow(follower: Follower): () => void {
    this.followers.add(follower);
    if (this.source) clearTimeout(this.timer);
    else this.open();
    return () => {
      this.followers.delete(follower);
      if (this.followers.size === 0) this.later(LINGER_MS, () => this.close());
    };
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  private open(): void {
    clearTimeout(this.timer);
    const source = new EventSource("/api/v1/events");
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.become("live");
      this.tell((follower) => follower.gap());
    };
    source.onmessage = ({ data }) => {
      const line = JSON.parse(data) as LiveLine;
      this.tell((follower) => follower.line(line));
    };
    source.addEventListener("lost", () => this.tell((follower) => follower.gap()));
    source.onerror = () => {
      this.become("lost");
      // The browser opens it anew by itself, but not after an answer such as "too many".
      if (source.readyState !== EventSource.CLOSED) return;
      this.source = null;
      this.later(PAUSES_MS[Math.min(this.failures++, PAUSES_MS.length - 1)] ?? 0, () => this.open());
    };
  }

  private close(): void {
    this.source?.close();
    this.source = null;
    this.become("connecting");
  }

  private later(ms: number, act: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, ms);
  }

  private tell(what: (follower: Follower) => void): void {
    for (const follower of this.followers) what(follower);
  }

  private become(liveness: Liveness): void {
    this.liveness = liveness;
    for (const watcher of this.watchers) watcher();
  }
}

const stream = new Stream();

/** Follows all calls until the given function is called. */
export function follow(follower: Follower): () => void {
  return stream.follow(follower);
}

/** Whether what is shown is live. */
export function useLiveness(): Liveness {
  return useSyncExternalStore(stream.watch, () => stream.liveness);
}
