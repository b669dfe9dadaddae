import { describe, expect, it } from "vitest";
import { digest } from "./digest";
import { CONNECTED, STREAMED, TROUBLED } from "./lines.fixture";

const texts = (rows: ReturnType<typeof digest>) => rows.map(({ text }) => text);

describe("a journal in short", () => {
  it("has a row for what begins and ends", () => {
    expect(texts(digest(TROUBLED))).toEqual([
      "Call arrives from +919900000001 to +918044444444",
      "Flow orders begins, version 3",
      "ask: gather → digits, 2.5 s",
      'Played "Order?", 2.0 s',
      "Answered, PCMU",
      "Keys 4",
      "look-up: passthru → else, 1.5 s",
      "Asks GET http://shop.example/orders: 503, 2 tries, 1.5 s",
      "report: passthru → next, 10 ms",
      "Reports POST http://shop.example/calls: 410, given up after try 1",
      "bye: hangup",
      "Gone, ended by this server: a normal end (cause 16)",
      "The call is over, ended by this server: a normal end (cause 16)",
    ]);
  });

  it("says how bad the news is", () => {
    const bad = (rows: ReturnType<typeof digest>) => rows.filter(({ tone }) => tone === "bad").map(({ seq }) => seq);
    expect(bad(digest(TROUBLED))).toEqual([10, 16]);
    expect(bad(digest(STREAMED))).toEqual([3]);
    expect(bad(digest(CONNECTED))).toEqual([]);
  });
});
