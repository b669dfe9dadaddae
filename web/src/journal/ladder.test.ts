import { describe, expect, it } from "vitest";
import { ladder } from "./ladder";
import type { Line } from "./line";
import { CONNECTED, journal, OFFERED, TROUBLED } from "./lines.fixture";

function drawn(lines: readonly Line[]): string[] {
  const { columns, rungs } = ladder(lines);
  return rungs.map(({ from, to, text }) => `${columns[from]} > ${columns[to]}: ${text}`);
}

describe("the ladder", () => {
  it("has the legs and the web", () => {
    expect(drawn(TROUBLED)).toEqual([
      "+919900000001 > passthru: INVITE",
      "passthru > +919900000001: 200 OK, PCMU",
      "+919900000001 > passthru: key 4",
      "passthru > Web: GET http://shop.example/orders",
      "Web > passthru: refused",
      "Web > passthru: 503",
      "passthru > Web: POST http://shop.example/calls",
      "passthru > +919900000001: BYE",
      "Web > passthru: 410",
    ]);
  });

  it("has who was rung, and who let go of whom", () => {
    const [a, b, caller] = ["sip:a@agent.example", "sip:b@agent.example", "+919900000001"];
    expect(drawn(CONNECTED)).toEqual([
      `${caller} > passthru: INVITE`,
      `passthru > ${a}: INVITE`,
      `${a} > passthru: 486`,
      `passthru > ${b}: INVITE`,
      `${b} > passthru: 180 Ringing`,
      `${b} > passthru: 200 OK, PCMA`,
      `passthru > ${caller}: 200 OK, PCMU`,
      `${caller} > passthru: INVITE, on hold`,
      `${caller} > passthru: INVITE, off hold`,
      `${caller} > passthru: BYE`,
      `passthru > ${b}: BYE`,
    ]);
  });

  it.each<[string, Line[], string]>([
    [
      "a caller who gives up",
      journal([0, 0, OFFERED], [5, 0, { event: "leg_ended", cause: 16, status: null, by: "caller" }]),
      "+919900000001 > passthru: CANCEL",
    ],
    [
      "a caller who is refused",
      journal([0, 0, OFFERED], [5, 0, { event: "leg_ended", cause: 21, status: 403, by: "us" }]),
      "passthru > +919900000001: 403",
    ],
    [
      "a call of ours",
      journal([0, 0, { ...OFFERED, direction: "outgoing" } as never], [5, 0, { event: "answered", codec: "PCMU" }]),
      "+918044444444 > passthru: 200 OK, PCMU",
    ],
  ])("%s", (_, lines, last) => expect(drawn(lines).at(-1)).toBe(last));
});
