import type { ReactNode } from "react";

export type Tone = "plain" | "good" | "warn" | "bad";

/** A word with a colour. The word alone says it too. */
export function Pill({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`pill ${tone}`}>{children}</span>;
}
