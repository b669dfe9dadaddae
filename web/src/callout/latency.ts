import { endpoint } from "../journal/line";

export interface Point {
  created: string;
  took_ms?: number | null;
  url: string;
}

/** How long URLs took, over time: the slowest of twenty in each part of the time, null where nothing was asked. */
export interface Latency {
  /** Middles of the parts, in seconds since 1970. */
  times: number[];
  series: { url: string; values: (number | null)[] }[];
}

/** URLs with a line of their own: those that were waited for longest, all together. */
export const LINES = 5;

/** What callouts took, by URL, in so many parts of the time that they span. */
export function latency(points: readonly Point[], parts: number): Latency {
  const timed = points.flatMap(({ created, took_ms, url }) =>
    took_ms == null ? [] : [{ at: Date.parse(created), took: took_ms, url: endpoint(url) }],
  );
  if (timed.length === 0) return { times: [], series: [] };
  const first = timed.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = timed.reduce((most, { at }) => Math.max(most, at), 0);
  const width = Math.max(1_000, (last - first) / parts);
  const waited = new Map<string, number>();
  const found = new Map<string, Map<number, number[]>>();
  for (const { at, took, url } of timed) {
    waited.set(url, (waited.get(url) ?? 0) + took);
    const part = Math.min(parts - 1, Math.floor((at - first) / width));
    const of = found.get(url) ?? new Map<number, number[]>();
    of.set(part, [...(of.get(part) ?? []), took]);
    found.set(url, of);
  }
  const urls = [...waited].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, LINES);
  const places = Array.from({ length: Math.min(parts, Math.floor((last - first) / width) + 1) }, (_, at) => at);
  return {
    times: places.map((place) => (first + (place + 0.5) * width) / 1_000),
    series: urls.map(([url]) => ({
      url,
      values: places.map((place) => quantile(found.get(url)?.get(place) ?? [], 0.95)),
    })),
  };
}

/** What so many of all took no longer than; null of none. */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
