/** What a site says in a rehearsal, one request after the other: as people choose it, and as the engine reads it. */

export const DOES = ["answers", "timeout", "refused"] as const;

export type Reply = {
  does: (typeof DOES)[number];
  status: string;
  /** After what time it answers, `800ms`; at once if it is not said. */
  after: string;
  body: string;
};

export const FIRST: Reply = { does: "answers", status: "200", after: "", body: "" };

/** The reply as the engine reads it: `200`, `302@800ms`, `200@2s:body`, `timeout`, `refused`. */
export function written({ does, status, after, body }: Reply): string {
  if (does !== "answers") return does;
  const late = after.trim() === "" ? "" : `@${after.trim()}`;
  return `${status.trim()}${late}${body === "" ? "" : `:${body}`}`;
}

/** What is wrong with a reply, and how it is put right. */
export function wrong({ does, status, after }: Reply): string | null {
  if (does !== "answers") return null;
  if (!/^[1-5]\d\d$/.test(status.trim()))
    return `${status.trim() || "Nothing"} is no status: write one from 100 to 599.`;
  if (!/^(\d+(ms|s|m)?)?$/.test(after.trim())) return `${after.trim()} is no time: write 800ms or 2s.`;
  return null;
}

/** As what the engine sends a body. */
export function contentType(body: string): string {
  return body.trimStart().startsWith("{") ? "application/json" : "text/plain";
}

/** What the sites of a flow say, as a rehearsal is told it; a site without a reply is not there. */
export function told(
  sites: readonly string[],
  replies: Readonly<Record<string, readonly Reply[]>>,
): Record<string, string | string[]> {
  const said = sites.flatMap((site): [string, string | string[]][] => {
    const all = (replies[site] ?? []).map(written);
    return all[0] === undefined ? [] : [[site, all.length === 1 ? all[0] : all]];
  });
  return Object.fromEntries(said);
}
