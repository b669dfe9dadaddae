/** What Home reads of a call. */
export interface Counted {
  created: string;
  state: string;
  callouts_failed: number;
  faults: number;
}

/** Calls in a part of the time. */
export interface Bar {
  from: number;
  calls: number;
  failed: number;
}

/** Whether something went wrong in a call: a fault, a callout, or nobody answered it. */
export function failed({ state, callouts_failed, faults }: Counted): boolean {
  return faults > 0 || callouts_failed > 0 || state === "unanswered";
}

/** Calls counted in so many equal parts of the time. */
export function bars(calls: readonly Counted[], from: number, to: number, parts: number): Bar[] {
  const width = (to - from) / parts;
  const found = Array.from({ length: parts }, (_, at): Bar => ({ from: from + at * width, calls: 0, failed: 0 }));
  for (const call of calls) {
    const bar = found[Math.floor((Date.parse(call.created) - from) / width)];
    if (!bar) continue;
    bar.calls += 1;
    if (failed(call)) bar.failed += 1;
  }
  return found;
}

/** How many a minute, for a person. */
export function perMinute(count: number, ms: number): string {
  const rate = count / (ms / 60_000);
  return rate >= 10 ? String(Math.round(rate)) : rate >= 0.1 || rate === 0 ? rate.toFixed(1) : "< 0.1";
}
