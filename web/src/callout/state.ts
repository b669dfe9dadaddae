import type { Tone } from "../ui/Pill";

/** What stands for how a callout stands: its state, and what was answered or why nothing was. */
export function standing(callout: { state: string; status?: number | null; failure?: string | null }): {
  text: string;
  tone: Tone;
} {
  const { state, status, failure } = callout;
  const came = failure ?? (status != null ? String(status) : "");
  if (state === "dead") return { text: came ? `dead, ${came}` : "dead", tone: "bad" };
  if (state === "waiting" || state === "running") return { text: came ? `${state}, ${came}` : state, tone: "warn" };
  if (state === "failed" || (status ?? 0) >= 400) return { text: came || state, tone: "bad" };
  return { text: came || state, tone: "good" };
}
