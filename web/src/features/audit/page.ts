/** The page of what was changed; undefined if it has none. */
export function pageOf(action: string, subject: string): string | undefined {
  const path = encodeURIComponent(subject);
  if (/ (flow|draft)$/.test(action)) return `/flows/${path}`;
  if (action === "replay callout") return `/callouts/${path}`;
  if (action === "hang up call") return `/calls/${path}`;
  return undefined;
}
