import { describe, expect, it } from "vitest";
import { A_KIND, explain } from "./explain";
import type { Happening, Line } from "./line";
import { CONNECTED, journal, OFFERED, STREAMED, TROUBLED } from "./lines.fixture";

const texts = (lines: readonly Line[]) => explain(lines).map(({ text }) => text);
const call = (...what: [number, number | null, Happening][]) =>
  journal([0, 0, OFFERED], [0, 0, { event: "answered", codec: "PCMU" }], ...what);
const over = (by: "caller" | "us" | "network", cause = 16): [number, null, Happening] => [
  8000,
  null,
  { event: "ended", cause, by },
];

describe("a call in plain words", () => {
  it("says what failed, which exit that led to, and what became of the report", () => {
    expect(explain(TROUBLED)).toEqual([
      {
        tone: "plain",
        seq: 21,
        text: "The flow ended the call at `bye` of flow orders after 4.0 s: a normal end (cause 16).",
      },
      {
        tone: "bad",
        seq: 13,
        text: "GET http://shop.example/orders came to nothing after 2 tries: nothing took the connection (192.0.2.1:80: refused); the other URL, http://spare.example/orders, came to 503. So `look-up` went on by `else`.",
        next: "See that the application runs and listens at that address and port.",
      },
      {
        tone: "warn",
        seq: 13,
        text: "The caller waited 1.5 s for http://shop.example/orders; 600 ms of it was the name look-up.",
        next: "Look at the server's resolver, or put the host's address into the URL.",
      },
      {
        tone: "bad",
        seq: 22,
        text: "The report to http://shop.example/calls was given up after 1 try: it answered 410.",
        next: "Mend the application, then send it again from the callout.",
      },
      { tone: "plain", seq: 0, text: "Of 4.0 s the caller waited 1.5 s for URLs." },
    ]);
  });

  it("says who was rung and who hung up", () => {
    expect(texts(CONNECTED)).toEqual([
      "The caller hung up after 16.0 s; the flow ended at `ring` of flow sales.",
      "sip:a@agent.example was not reached after 20 ms: busy (cause 17), it answered 486.",
      "sip:b@agent.example answered after 6.0 s.",
      "Of 16.0 s the caller waited 6.0 s while others were rung.",
    ]);
  });

  it("says what a running call stands at", () => {
    expect(texts(STREAMED)).toEqual([
      "The call is running, for 5.0 s. It stands at `talk` of flow bot.",
      "The stream failed: the connection broke with code 1006.",
    ]);
    expect(texts([])[0]).toBe("The call is running, for 0 ms. It stands before any step.");
  });

  const node = (name: string, applet: string): [number, null, Happening] => [
    1000,
    null,
    { event: "node_entered", node: name, applet },
  ];
  const left = (name: string, exit: string): [number, null, Happening] => [
    2000,
    null,
    { event: "node_left", node: name, exit },
  ];

  it.each<[string, Line[], string]>([
    ["a caller who gives up", journal([0, 0, OFFERED], over("caller")), "The caller gave up, unanswered, after 8.0 s."],
    [
      "a flow that refuses",
      journal([0, 0, OFFERED], node("no", "hangup"), over("us", 21)),
      "The flow refused the call, unanswered, at `no` after 8.0 s: refused (cause 21).",
    ],
    [
      "an operator",
      call(node("talk", "connect"), over("us")),
      "This server ended the call at `talk` after 8.0 s: a normal end (cause 16).",
    ],
    [
      "a network",
      call(over("network", 102)),
      "The call was ended by the network after 8.0 s: it fell silent (cause 102).",
    ],
    ["no key", call(node("menu", "ivr"), left("menu", "none")), "No key came at `menu`, so it went on by `none`."],
    [
      "a wrong key",
      call(node("menu", "ivr"), left("menu", "invalid")),
      "A key that `menu` does not know was pressed; it went on by `invalid`.",
    ],
    [
      "one-way audio",
      call([9, 0, { event: "leg_ended", cause: 102, status: null, by: "network" }]),
      "Nothing came from +919900000001 any more, no audio and no word, so it was let go: audio went one way at best.",
    ],
    [
      "an unreachable party",
      call(
        [9, 1, { event: "dialled", target: "sip:a@b.example", caller_id: "" }],
        [99, 1, { event: "leg_ended", cause: 41, status: null, by: "network" }],
      ),
      "sip:a@b.example could not be reached: a temporary failure (cause 41).",
    ],
    [
      "a silent message",
      call([9, null, { event: "recording_ended", recording: "r", duration_ms: 5, failure: null, silent: true }]),
      "Nothing was said, so no recording was kept.",
    ],
    [
      "a full disk",
      call([9, null, { event: "recording_ended", recording: "r", duration_ms: 5, failure: "no space", silent: false }]),
      "The recording broke off: no space",
    ],
    ["a fault", call([9, null, { event: "fault", what: "no such voice" }]), "Something went wrong: no such voice"],
    [
      "a sound that is not there",
      call([9, 0, { event: "rendered", audio: "a.wav", failure: "404", took_ms: 5 }]),
      "The caller did not hear a.wav: 404.",
    ],
    [
      "a lost report",
      call([9, null, { event: "notify_committed", callout: 1, failure: "disk full" }]),
      "A report is lost: disk full",
    ],
    [
      "a question that is open",
      call(
        [9, null, { event: "callout_started", callout: 1, method: "GET", url: "http://a.example/?b" }],
        [3009, 0, { event: "digit", digit: "1" }],
      ),
      "The call waits for http://a.example/, since 3.0 s.",
    ],
    [
      "a caller who did not wait",
      call(
        [9, null, { event: "callout_started", callout: 1, method: "GET", url: "http://a.example/" }],
        [
          2009,
          null,
          {
            event: "callout_ended",
            callout: 1,
            status: null,
            failure: { failure: "cancelled" },
            took_ms: 2000,
            way: "first",
          },
        ],
      ),
      "The caller hung up after waiting 2.0 s for http://a.example/.",
    ],
    [
      "a report under way",
      call(
        [9, null, { event: "notify_queued", callout: 1, method: "GET", url: "http://a.example/" }],
        [
          20,
          null,
          {
            event: "notify_attempted",
            callout: 1,
            attempt: 2,
            status: null,
            failure: { failure: "timeout" },
            last: false,
            took_ms: 5,
            trace: {},
          },
        ],
      ),
      "The report to http://a.example/ is not delivered yet after 2 tries: there was no answer in time. It is tried again by itself.",
    ],
  ])("%s", (_, lines, text) => expect(texts(lines)).toContain(text));

  it("says nothing of a report that was delivered after all", () => {
    const attempt = (attempt: number, status: number, last: boolean): [number, null, Happening] => [
      attempt,
      null,
      { event: "notify_attempted", callout: 1, attempt, status, failure: null, last, took_ms: 1, trace: {} },
    ];
    const lines = call(
      [0, null, { event: "notify_queued", callout: 1, method: "GET", url: "http://a.example/" }],
      attempt(1, 410, true),
      attempt(2, 200, true),
    );
    expect(texts(lines)).toHaveLength(1);
  });

  it("tells so many of a kind and counts the others", () => {
    const faults = Array.from({ length: 40 }, (_, n): [number, null, Happening] => [
      n,
      null,
      { event: "fault", what: `${n}` },
    ]);
    const told = texts(call(...faults));
    expect(told).toHaveLength(1 + A_KIND + 1);
    expect(told.at(-1)).toBe("And 35 more of the kind: the list of events has them.");
  });

  const audio = {
    packets_sent: 500,
    packets_received: 490,
    packets_lost: 2,
    packets_late: 0,
    jitter_ms: 1,
    peer_loss: 0,
  };

  it.each<[string, Partial<typeof audio>, string | undefined]>([
    ["audio that went both ways", {}, undefined],
    [
      "audio that went one way",
      { packets_received: 0, packets_lost: 0 },
      "One way only: no audio came from +919900000001, though 500 packets went there.",
    ],
    [
      "packets that were lost",
      { packets_received: 90, packets_lost: 10 },
      "10 of 100 packets from +919900000001 were lost: there were gaps.",
    ],
    [
      "packets that the party says it lost",
      { peer_loss: 7 },
      "+919900000001 told that it lost 7 of 100 packets: it heard gaps.",
    ],
  ])("tells of %s", (_, changes, said) => {
    const ended: Happening = { event: "media_ended", ...audio, mos: null, ...changes };
    expect(texts(journal([0, 0, OFFERED], [9_000, 0, ended])).slice(1)).toEqual(said ? [said] : []);
  });
});
