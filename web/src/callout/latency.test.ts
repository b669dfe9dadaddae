import { describe, expect, it } from "vitest";
import { cut, LINES, latency } from "./latency";

const MINUTE = 60_000;
const step = (minute: number, p95_ms: number | null) => ({
  at: new Date(minute * MINUTE).toISOString(),
  whole: p95_ms === null ? null : { p95_ms },
});

describe("latency over time", () => {
  it("has a line a URL, with gaps where nothing was asked or nothing was made", () => {
    const groups = [
      { name: "http://b.example/", steps: [step(11, 500)] },
      { name: "http://a.example/x", steps: [step(10, 30), step(11, null), step(12, 50)] },
    ];
    const seen = latency(groups, { since: 10.5 * MINUTE, until: 13 * MINUTE, step: MINUTE });
    expect(seen.times).toEqual([630, 690, 750]);
    expect(seen.series).toEqual([
      { url: "http://b.example/", values: [null, 500, null] },
      { url: "http://a.example/x", values: [30, null, 50] },
    ]);
  });

  it("has the first URLs alone", () => {
    const groups = Array.from({ length: 9 }, (_, n) => ({ name: `${n}`, steps: [step(0, n)] }));
    const { series } = latency(groups, { since: 0, until: MINUTE, step: MINUTE });
    expect(series.map(({ url }) => url)).toEqual(["0", "1", "2", "3", "4"]);
    expect(series).toHaveLength(LINES);
  });

  it.each<[string, number, number, number]>([
    ["an hour", 0, 3_600_000, 60_000],
    ["a day", 0, 86_400_000, 1_440_000],
    ["a week", 0, 604_800_000, 10_080_000],
    ["a moment", 0, 5, 1_000],
    ["no time", 7, 7, 1_000],
    ["a lifetime", 0, 3e12, 86_400_000],
  ])("cuts %s into whole seconds", (_, since, until, expected) => expect(cut(since, until).step).toBe(expected));

  it("of nothing has no lines", () =>
    expect(latency([], { since: 0, until: MINUTE, step: MINUTE })).toEqual({ times: [30], series: [] }));
});
