/** A group of requests as the API counts them by steps of time. */
export interface Counted {
  name: string;
  steps: readonly { at: string; whole?: { p95_ms: number } | null }[];
}

/** From when to when, in milliseconds since 1970, and how long a step is. */
export interface Span {
  since: number;
  until: number;
  step: number;
}

/** How long URLs took, over time: the slowest of twenty in each step, null where nothing was asked. */
export interface Latency {
  /** Middles of the steps, in seconds since 1970. */
  times: number[];
  series: { url: string; values: (number | null)[] }[];
}

/** URLs with a line of their own: the first that the API names, for which calls waited longest. */
export const LINES = 5;

/** Steps that a time is cut into, about: as many as can be told apart. */
const STEPS = 60;

/** Cuts a time into whole steps of seconds. */
export function cut(since: number, until: number): Span {
  const seconds = Math.max(1, Math.ceil((until - since) / STEPS / 1_000));
  return { since, until, step: Math.min(86_400, seconds) * 1_000 };
}

/** Lines of what was counted; steps begin at whole multiples of their length, as the API's do. */
export function latency(groups: readonly Counted[], { since, until, step }: Span): Latency {
  const first = Math.floor(since / step);
  const count = Math.max(0, Math.ceil(until / step) - first);
  const places = Array.from({ length: count }, (_, at) => (first + at) * step);
  const series = groups.slice(0, LINES).map(({ name, steps }) => {
    const found = new Map(steps.map(({ at, whole }) => [Date.parse(at), whole?.p95_ms ?? null]));
    return { url: name, values: places.map((place) => found.get(place) ?? null) };
  });
  return { times: places.map((place) => (place + step / 2) / 1_000), series };
}
