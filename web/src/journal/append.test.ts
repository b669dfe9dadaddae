import { describe, expect, it } from "vitest";
import { append, EMPTY } from "./append";
import { TROUBLED } from "./lines.fixture";

const seqs = (lines: readonly { seq: number }[]) => lines.map(({ seq }) => seq);
const pick = (...which: number[]) => which.map((seq) => TROUBLED[seq]).filter((line) => line !== undefined);

describe("lines that come live and by pages", () => {
  it.each<[string, number[][], number[], number[]]>([
    ["in order", [[0, 1], [2]], [0, 1, 2], []],
    ["twice", [[0, 1], [0, 1, 2], [1]], [0, 1, 2], []],
    ["with a gap, which stays open", [[0], [2, 3]], [0], [2, 3]],
    ["with a gap that is filled", [[0], [3], [2], [1]], [0, 1, 2, 3], []],
    ["from the middle", [[4, 5]], [], [4, 5]],
  ])("%s", (_, parts, lines, early) => {
    const journal = parts.reduce((sum, part) => append(sum, pick(...part)), EMPTY);
    expect([seqs(journal.lines), seqs(journal.early)]).toEqual([lines, early]);
  });

  it("is the same journal when nothing new came", () => {
    const journal = append(EMPTY, pick(0, 1));
    expect(append(journal, pick(1, 0))).toBe(journal);
  });
});
