import { describe, expect, it } from "vitest";
import type { Track } from "./tracks";
import { moved, reach, seen, showing, ticks, type View, zoomed } from "./view";

const whole: View = { from: 0, to: 1000 };

describe("a view", () => {
  it.each<[string, View, View]>([
    ["nearer about a moment", zoomed(whole, 0.5, 250, whole), { from: 125, to: 625 }],
    ["further, not past the whole", zoomed({ from: 100, to: 300 }, 20, 200, whole), whole],
    ["not nearer than can be seen", zoomed({ from: 0, to: 20 }, 0.1, 10, whole), { from: 0, to: 20 }],
    ["moved", moved({ from: 0, to: 100 }, 50, whole), { from: 50, to: 150 }],
    ["moved to the end", moved({ from: 0, to: 100 }, 5000, whole), { from: 900, to: 1000 }],
    ["kept where a moment shows", showing({ from: 0, to: 100 }, 40, whole), { from: 0, to: 100 }],
    ["brought to a moment", showing({ from: 0, to: 100 }, 500, whole), { from: 450, to: 550 }],
  ])("%s", (_, view, expected) => expect(view).toEqual(expected));

  it.each<[View, number, number[]]>([
    [{ from: 0, to: 1000 }, 4, [0, 500, 1000]],
    [{ from: 130, to: 330 }, 5, [150, 200, 250, 300]],
    [{ from: 0, to: 0 }, 5, [0]],
  ])("%o has round times", (view, about, expected) => expect(ticks(view, about)).toEqual(expected));
});

describe("the clock of a running call", () => {
  it.each([
    [0, 10_000],
    [9_000, 10_000],
    [9_900, 15_000],
    [16_000, 22_500],
  ])("at %d reaches to %d", (now, expected) => expect(reach(now)).toBe(expected));
});

describe("what is seen", () => {
  const track = (spans: number, tone: "plain" | "bad" = "plain"): Track => ({
    id: "flow",
    name: "Flow",
    lanes: 1,
    spans: Array.from({ length: spans }, (_, n) => ({
      from: n,
      to: n + 1,
      label: "",
      tone,
      seq: n,
      lane: 0,
      parts: [],
    })),
    marks: Array.from({ length: spans }, (_, n) => ({ at: n, label: "", tone: "plain", seq: n })),
  });

  it("is no more than there is room for, however much there is", () => {
    for (const tone of ["plain", "bad"] as const) {
      const { boxes, dots } = seen(track(100_000, tone), { from: 0, to: 100_000 }, 300, 100_000);
      expect(boxes.length).toBeLessThanOrEqual(300);
      expect(dots.length).toBeLessThanOrEqual(300);
      expect(dots.reduce((sum, { more }) => sum + more + 1, 0)).toBe(100_000);
    }
  });

  it("is what lies in the view", () => {
    const { boxes, dots } = seen(track(100), { from: 10, to: 12 }, 200, 100);
    expect(boxes.map(({ span, left, width }) => [span.from, left, width])).toEqual([
      [9, 0, 3],
      [10, 0, 100],
      [11, 100, 100],
    ]);
    expect(dots.map(({ mark }) => mark.at)).toEqual([10, 11, 12]);
  });

  it("grows to now while it lasts", () => {
    const [span] = track(1).spans;
    const lasting: Track = { ...track(0), spans: span ? [{ ...span, to: null }] : [] };
    expect(seen(lasting, { from: 0, to: 100 }, 100, 40).boxes[0]?.width).toBe(40);
  });
});
