import type { Failure } from "./line";

/** The word that exits and lists have for a failure, what it means, and what to do about it. */
const WORDS: Record<string, [word: string, meaning: string, next: string]> = {
  bad_url: ["blocked", "the URL cannot be read", "Correct the URL in the flow: it begins with http:// or https://."],
  forbidden: [
    "blocked",
    "the address is one that requests may not go to",
    "Add its network to [callout] allow in the configuration if it is yours.",
  ],
  dns: ["dns", "its name has no address", "Check the host's name in the URL, and the server's resolver."],
  connect: [
    "refused",
    "nothing took the connection",
    "See that the application runs and listens at that address and port.",
  ],
  tls: ["tls", "the TLS handshake failed", "Check the certificate with `passthru check URL`."],
  timeout: [
    "timeout",
    "there was no answer in time",
    "Answer first and do the rest afterwards, or raise the node's timeout.",
  ],
  protocol: ["bad-answer", "what came back is no answer in HTTP", "See that the URL leads to a web server."],
  circuit_open: [
    "circuit-open",
    "it had failed too often of late, and was not asked",
    "Mend the application; it is asked again by itself.",
  ],
  cancelled: ["cancelled", "the call ended before the answer", ""],
  overtaken: ["overtaken", "another request was answered first", ""],
};

/** A failure in a word, in words, and with the next step. */
export function failure({ failure, detail }: Failure): { word: string; meaning: string; next: string } {
  const [word, meaning, next] = WORDS[failure] ?? [failure, failure, ""];
  return { word, meaning: detail ? `${meaning} (${detail})` : meaning, next };
}

/** What to do about an answer's status. */
export function advice(status: number): string {
  if (status === 401 || status === 403)
    return "See which credentials the application wants, and put them into the URL.";
  if (status === 404 || status === 410) return "Check the URL's path: the application does not know it.";
  if (status >= 500) return "Look into the application's own log for that moment.";
  return "See what the application answered, below Callouts.";
}
