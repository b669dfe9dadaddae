import type { Trace } from "./line";

export type Phase = "wait" | "dns" | "connect" | "tls" | "first_byte" | "body";

/** The phases of a request in their order. */
export const PHASES = [
  { phase: "wait", name: "waiting" },
  { phase: "dns", name: "name look-up" },
  { phase: "connect", name: "connection" },
  { phase: "tls", name: "TLS" },
  { phase: "first_byte", name: "first byte" },
  { phase: "body", name: "body" },
] as const satisfies readonly { phase: Phase; name: string }[];

/** A part of a request. */
export interface Part {
  phase: Phase;
  from: number;
  to: number;
}

/** Where the time of a request went that ended at a moment. What no phase has was waiting: for a place, or for what never came. */
export function phases(ended: number, tookMs: number, trace: Trace): Part[] {
  const began = ended - tookMs;
  const lengths: [Phase, number][] = [
    ["dns", trace.dns_us ?? 0],
    ["connect", trace.connect_us ?? 0],
    ["tls", trace.tls_us ?? 0],
    ["first_byte", trace.first_byte_us ?? 0],
    ["body", trace.body_us ?? 0],
  ];
  const known = lengths.reduce((sum, [, us]) => sum + us / 1_000, 0);
  const unknown = Math.max(0, tookMs - known);
  // A request that came to its answer waited before it began; one that did not, waited in the phase that never ended.
  const answered = trace.first_byte_us !== undefined;
  const ordered: [Phase, number][] = answered
    ? [["wait", unknown * 1_000], ...lengths]
    : [...lengths, ["wait", unknown * 1_000]];
  const parts: Part[] = [];
  let from = began;
  for (const [phase, us] of ordered) {
    if (us <= 0) continue;
    const to = Math.min(ended, from + us / 1_000);
    parts.push({ phase, from, to });
    from = to;
  }
  return parts;
}

/** The phase that took the longest, if any did. */
export function longest(parts: readonly Part[]): Part | undefined {
  return parts.reduce<Part | undefined>(
    (most, part) => (!most || part.to - part.from > most.to - most.from ? part : most),
    undefined,
  );
}
