import { describe, expect, it } from "vitest";
import { clock, span } from "./span";

describe("lengths of time", () => {
  it.each([
    [0, "0 ms"],
    [340.4, "340 ms"],
    [1_000, "1.0 s"],
    [59_949, "59.9 s"],
    [59_999, "1 min"],
    [200_000, "3 min 20 s"],
    [3_599_900, "1 h"],
    [7_500_000, "2 h 5 min"],
    [273_600_000, "3 d 4 h"],
  ])("%d ms is %s", (ms, text) => expect(span(ms)).toBe(text));

  it.each([
    [0, "0:00.000"],
    [-5, "0:00.000"],
    [2_106, "0:02.106"],
    [59_999.6, "1:00.000"],
    [3_800_000, "1:03:20.000"],
  ])("%d ms on the clock is %s", (ms, text) => expect(clock(ms)).toBe(text));
});
