import { describe, expect, it } from "vitest";
import { csv } from "./csv";

const cell = (text: string) => csv([], [[text]]).slice(2, -2);

describe("CSV", () => {
  it("has a head, quoted cells and line ends of the standard", () => {
    expect(
      csv(
        ["a", "b"],
        [
          ["x", 1],
          [null, undefined],
          ['say "hi", you\nthere', -5],
        ],
      ),
    ).toBe('"a","b"\r\n"x",1\r\n,\r\n"say ""hi"", you\nthere",-5\r\n');
  });

  it.each([
    "=1+1",
    "+919900000001",
    "-2",
    "@SUM(A1)",
    "|cmd",
    "%0",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u0000=1",
    "\u00a0=1",
    "\ufeff=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
  ])("%j is no formula any more", (text) => expect(cell(text)).toBe(`"'${text}"`));

  it.each(["demo", "sip:a@b.example", "10-2", "2026-11-26T10:00:00Z", "'", ""])("%j stays as it is", (text) =>
    expect(cell(text)).toBe(`"${text}"`),
  );

  it("a quote does not end a cell to begin a formula", () => {
    expect(cell('a","=1')).toBe('"a"",""=1"');
  });
});
