import { describe, expect, it } from "vitest";
import { LINES, latency, quantile } from "./latency";

const at = (second: number, took_ms: number | null, url = "http://a.example/x?q=1") => ({
  created: new Date(second * 1_000).toISOString(),
  took_ms,
  url,
});

describe("latency over time", () => {
  it("has a line a URL, with gaps where nothing was asked", () => {
    const seen = latency([at(0, 10), at(1, 30), at(9, 50), at(10, null), at(5, 500, "http://b.example/")], 3);
    expect(seen.times).toEqual([1.5, 4.5, 7.5]);
    expect(seen.series).toEqual([
      { url: "http://b.example/", values: [null, 500, null] },
      { url: "http://a.example/x", values: [30, null, 50] },
    ]);
  });

  it("has the slowest URLs alone", () => {
    const points = Array.from({ length: 9 }, (_, n) => at(0, n, `http://${n}.example/`));
    expect(latency(points, 4).series.map(({ url }) => url[7])).toEqual(["8", "7", "6", "5", "4"]);
    expect(latency(points, 4).series).toHaveLength(LINES);
  });

  it.each<[string, number[], number, number | null]>([
    ["of none", [], 0.95, null],
    ["of one", [7], 0.95, 7],
    ["of twenty", Array.from({ length: 20 }, (_, n) => 20 - n), 0.95, 19],
    ["half of three", [3, 1, 2], 0.5, 2],
  ])("a quantile %s", (_, values, share, expected) => expect(quantile(values, share)).toBe(expected));

  it("of nothing is nothing", () => expect(latency([], 3)).toEqual({ times: [], series: [] }));
});
