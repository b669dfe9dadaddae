import { describe, expect, it } from "vitest";
import { bars, type Counted, failed, perMinute } from "./summary";

const call = (second: number, change: Partial<Counted> = {}): Counted => ({
  created: new Date(second * 1_000).toISOString(),
  state: "completed",
  callouts_failed: 0,
  faults: 0,
  ...change,
});

describe("calls over time", () => {
  it("stand in the part that they arrived in", () => {
    const seen = bars([call(0), call(9), call(10, { faults: 1 }), call(29), call(30), call(-1)], 0, 30_000, 3);
    expect(seen).toEqual([
      { from: 0, calls: 2, failed: 0 },
      { from: 10_000, calls: 1, failed: 1 },
      { from: 20_000, calls: 1, failed: 0 },
    ]);
  });

  it.each<[Partial<Counted>, boolean]>([
    [{}, false],
    [{ state: "in-progress" }, false],
    [{ state: "unanswered" }, true],
    [{ callouts_failed: 1 }, true],
    [{ faults: 1 }, true],
  ])("%o failed: %s", (change, expected) => expect(failed(call(0, change))).toBe(expected));

  it.each([
    [0, 60_000, "0.0"],
    [90, 60_000, "90"],
    [3, 120_000, "1.5"],
    [1, 3_600_000, "< 0.1"],
  ])("%d in %d ms is %s a minute", (count, ms, text) => expect(perMinute(count, ms)).toBe(text));
});
