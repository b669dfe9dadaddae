import { describe, expect, it } from "vitest";
import { append, EMPTY } from "./append";
import { digest } from "./digest";
import { explain } from "./explain";
import { ladder } from "./ladder";
import type { Line } from "./line";
import { CONNECTED, TROUBLED } from "./lines.fixture";
import { timeline } from "./tracks";

/** A call that goes round and round, and how often its lines were looked into. */
function long(rounds: number): { lines: Line[]; looks: () => number } {
  let looks = 0;
  const lines: Line[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const line of [...TROUBLED, ...CONNECTED]) {
      const at_ms = round * 20_000 + line.at_ms;
      const copy = { ...line, seq: lines.length, at_ms } as Line;
      const get = (of: Line, key: PropertyKey) => {
        looks++;
        return Reflect.get(of, key);
      };
      lines.push(new Proxy(copy, { get }));
    }
  }
  return { lines, looks: () => looks };
}

describe("twice as long a journal takes twice as many looks", () => {
  it.each<[string, (lines: Line[]) => unknown]>([
    ["tracks", timeline],
    ["explanation", explain],
    ["digest", digest],
    ["ladder", ladder],
    ["pages of lines", (lines) => append(EMPTY, lines)],
  ])("%s", (_, read) => {
    const [one, two] = [long(50), long(100)];
    read(one.lines);
    read(two.lines);
    expect(two.lines.length).toBeGreaterThan(2_000);
    expect(two.looks() / one.looks()).toBeLessThan(2.3);
  });
});
