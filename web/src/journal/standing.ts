import type { Tone } from "./words";

/** What stands for how a call stands, with whether something in it failed. */
export function standing(call: {
  state: string;
  callouts_failed: number;
  faults: number;
  cause?: { value: number } | null;
}): { text: string; tone: Tone } {
  const { state, callouts_failed: failed, faults, cause } = call;
  if (state === "ringing" || state === "in-progress") return { text: state, tone: "good" };
  if (faults > 0) return { text: `${state}, ${faults} ${faults === 1 ? "fault" : "faults"}`, tone: "bad" };
  if (failed > 0) return { text: `${state}, ${failed} ${failed === 1 ? "callout" : "callouts"} failed`, tone: "bad" };
  if (state === "unanswered") return { text: state, tone: "warn" };
  return { text: state, tone: cause && cause.value !== 16 ? "warn" : "plain" };
}
