/** What somebody else did to a flow since it was read. */

type Saved = { author: string; at: string };

/** A flow as far as it is looked at here. */
export type Standing = { published?: (Saved & { version: number }) | null; draft?: Saved | null };

export type Meanwhile = Saved & { did: string };

/** The newest of what differs; null if the draft is only gone. */
export function meanwhile(before: Standing, now: Standing): Meanwhile | null {
  const { draft, published } = now;
  const saved = draft && { ...draft, did: "saved a draft" };
  const fresh = published && published.version !== before.published?.version;
  const out = fresh && { author: published.author, at: published.at, did: `published version ${published.version}` };
  const [newest] = [saved, out].filter((one) => !!one).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return newest ? { author: newest.author, at: newest.at, did: newest.did } : null;
}
