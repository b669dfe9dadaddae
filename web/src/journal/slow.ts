import { endpoint, type Line } from "./line";
import { longest, type Phase, phases } from "./phases";
import { span } from "./span";

/** A call that waits for a URL longer than that waits for long. */
export const SLOW_MS = 1_000;

const BLAME: Record<Phase, [what: string, next: string]> = {
  wait: [
    "no answer or waiting for a free connection",
    "See whether the application takes as many requests at once as there are calls.",
  ],
  dns: ["the name look-up", "Look at the server's resolver, or put the host's address into the URL."],
  connect: ["the connection", "See how far away the application is, and whether it accepts connections in time."],
  tls: ["the TLS handshake", "Let the application keep connections open."],
  first_byte: ["the application, up to its headers", "Let it answer first and do the rest afterwards."],
  body: ["the answer's body", "Let it answer with less."],
};

/** For what a call waited for a URL, and what may be done about it. */
export function slow(
  url: string,
  took_ms: number,
  tries: readonly Extract<Line, { event: "callout_attempted" }>[],
): { text: string; next?: string } {
  const [first, ...others] = tries;
  const text = `The caller waited ${span(took_ms)} for ${endpoint(url)}`;
  if (!first) return { text: `${text}.` };
  const last = others.reduce((most, made) => (made.took_ms > most.took_ms ? made : most), first);
  const most = longest(phases(last.at_ms, last.took_ms, last.trace));
  if (!most) return { text: `${text}.` };
  const [what, next] = BLAME[most.phase];
  return { text: `${text}; ${span(most.to - most.from)} of it was ${what}.`, next };
}
