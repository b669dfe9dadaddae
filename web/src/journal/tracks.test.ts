import { describe, expect, it } from "vitest";
import { CONNECTED, journal, OFFERED, STREAMED, TROUBLED } from "./lines.fixture";
import { LANES, type Timeline, timeline } from "./tracks";

function drawn({ tracks }: Timeline, id: string): string[] {
  const track = tracks.find((one) => one.id === id);
  return (track?.spans ?? []).map(({ from, to, label, tone }) => `${from}-${to ?? ""} ${label} ${tone}`);
}

function dots({ tracks }: Timeline, id: string): string[] {
  return (tracks.find((one) => one.id === id)?.marks ?? []).map(({ at, label }) => `${at} ${label}`);
}

describe("tracks", () => {
  it("stand in one order", () => {
    const ids = (lines: typeof TROUBLED) => timeline(lines).tracks.map(({ id }) => id);
    expect(ids(TROUBLED)).toEqual(["flow", "leg-0", "callouts", "keys", "sound"]);
    expect(ids(CONNECTED)).toEqual(["flow", "leg-0", "leg-1", "leg-2", "recordings"]);
  });

  it.each<[string, Timeline, string, string[]]>([
    [
      "steps with their exits",
      timeline(TROUBLED),
      "flow",
      [
        "0-2500 ask → digits plain",
        "2500-4000 look-up → else plain",
        "4000-4010 report → next plain",
        "4010-4010 bye plain",
      ],
    ],
    ["the caller's leg", timeline(TROUBLED), "leg-0", ["0-0 rings plain", "0-4010 PCMU good"]],
    [
      "callouts and reports",
      timeline(TROUBLED),
      "callouts",
      ["2500-4000 GET /orders → 503 bad", "4000-9000 POST /calls → 410 bad"],
    ],
    ["playback", timeline(TROUBLED), "sound", ['0-2000 "Order?" plain']],
    ["one who is busy", timeline(CONNECTED), "leg-1", ["10-30 refused, 486 bad"]],
    ["one who answers", timeline(CONNECTED), "leg-2", ["30-6030 rings plain", "6030-16030 PCMA good"]],
    [
      "hold",
      timeline(CONNECTED),
      "leg-0",
      [
        "0-6030 rings plain",
        "6030-16030 PCMU good",
        "6030-16030 hears sip:b@agent.example good",
        "9000-9500 on hold warn",
      ],
    ],
    ["a recording", timeline(CONNECTED), "recordings", ["6030-16030 two channels good"]],
    ["a stream that broke", timeline(STREAMED), "streams", ["0-5000 the connection broke with code 1006 bad"]],
    ["what lasts", timeline(STREAMED), "leg-0", ["0-0 rings plain", "0- PCMU good"]],
  ])("%s", (_, line, id, spans) => expect(drawn(line, id)).toEqual(spans));

  it("have marks", () => {
    expect(dots(timeline(TROUBLED), "keys")).toEqual(["2500 4"]);
    expect(dots(timeline(STREAMED), "streams").slice(0, 2)).toEqual(["80 connected", "2100 hello"]);
  });

  it("know the phases of each try", () => {
    const [callout] = timeline(TROUBLED).tracks.find(({ id }) => id === "callouts")?.spans ?? [];
    expect(callout?.parts).toEqual([
      { phase: "dns", from: 2600, to: 3200 },
      { phase: "wait", from: 3200, to: 3500 },
      { phase: "connect", from: 3600, to: 3700 },
      { phase: "first_byte", from: 3700, to: 3950 },
      { phase: "body", from: 3950, to: 4000 },
    ]);
  });

  it("know where the call ends and what comes later", () => {
    expect(timeline(TROUBLED)).toMatchObject({ end: 4010, last: 9000, over: true });
    expect(timeline(STREAMED)).toMatchObject({ end: 5000, over: false });
    expect(timeline([])).toMatchObject({ end: 0, last: 0, over: false });
    expect(timeline(CONNECTED).recordings.get("r1")).toEqual({ from: 6030, to: 16030 });
  });

  it("show what overlaps one below the other, in so many rows at most", () => {
    const lines = journal(
      [0, 0, OFFERED],
      ...Array.from(
        { length: 20 },
        (_, n) => [n, null, { event: "notify_queued", callout: n, method: "GET", url: "http://a.example/" }] as never,
      ),
    );
    const callouts = timeline(lines).tracks.find(({ id }) => id === "callouts");
    expect(callouts?.lanes).toBe(LANES);
    expect(Math.max(...(callouts?.spans.map(({ lane }) => lane) ?? []))).toBe(LANES - 1);
  });

  it("let a newer server say words that are not known here", () => {
    const strange = [...TROUBLED, { seq: 23, leg: 0, at_ms: 9001, wall: "", event: "sang", song: "?" } as never];
    expect(timeline(strange).tracks).toHaveLength(timeline(TROUBLED).tracks.length);
  });
});
