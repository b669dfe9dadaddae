/** A call in the band of those that run. */
export interface Banded<Call> {
  call: Call;
  /** It has ended; its place is free for another. */
  over: boolean;
}

/** The calls that run, each where it stood before. One that comes takes the first place that is free, so that none moves. */
export function band<Call extends { sid: string }>(
  before: readonly Banded<Call>[],
  running: readonly Call[],
): Banded<Call>[] {
  const now = new Map(running.map((call) => [call.sid, call]));
  const places = before.map(({ call }) => {
    const still = now.get(call.sid);
    now.delete(call.sid);
    return { call: still ?? call, over: !still };
  });
  for (const call of [...now.values()].reverse()) {
    const free = places.findIndex(({ over }) => over);
    if (free < 0) places.push({ call, over: false });
    else places[free] = { call, over: false };
  }
  return places;
}
