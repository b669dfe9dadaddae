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
      "The stream failed: the connection broke with code 1006. So `talk` went on by `failed`.",
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

  const dialled: [number, number, Happening] = [
    1000,
    1,
    { event: "dialled", target: "sip:a@b.example", caller_id: "" },
  ];
  const gone = (by: "caller" | "callee" | "us", cause = 16, status: number | null = null): Happening => ({
    event: "leg_ended",
    cause,
    status,
    by,
  });
  const talked: [number, number, Happening] = [1500, 1, { event: "answered", codec: "PCMU" }];
  const asked = (url: string): [number, null, Happening] => [
    1000,
    null,
    { event: "callout_started", callout: 1, method: "GET", url },
  ];
  const came = (status: number | null, failure: string | null, took_ms = 5000): [number, null, Happening] => [
    1000 + took_ms,
    null,
    {
      event: "callout_ended",
      callout: 1,
      status,
      failure: failure === null ? null : { failure },
      took_ms,
      way: "first",
    },
  ];

  it.each<[string, Line[], string[]]>([
    [
      "somebody who is busy, and the exit",
      call(node("ring", "connect"), dialled, [1020, 1, gone("callee", 17, 486)], left("ring", "missed"), over("us")),
      ["sip:a@b.example was not reached after 20 ms: busy (cause 17), it answered 486. So `ring` went on by `missed`."],
    ],
    [
      "a user without a phone",
      call(node("ring", "connect"), dialled, [1000, 1, gone("us", 20)], left("ring", "nobody")),
      [
        "sip:a@b.example was not reached after 0 ms: it is not registered (cause 20). So `ring` went on by `nobody`. See under Numbers, people whether its phone is registered.",
      ],
    ],
    [
      "the other party who hangs up, which ends the call",
      call(
        node("ring", "connect"),
        dialled,
        talked,
        [7900, 1, gone("callee")],
        left("ring", "answered"),
        node("bye", "hangup"),
        over("us"),
      ),
      [
        "sip:a@b.example hung up. The flow ended the call at `bye` after 8.0 s: a normal end (cause 16).",
        "sip:a@b.example hung up after 6.4 s of talk. So `ring` went on by `answered`.",
      ],
    ],
    [
      "a talk that reaches its limit",
      call(node("ring", "connect"), dialled, talked, [3500, 1, gone("us")], left("ring", "answered"), over("us")),
      ["sip:a@b.example was let go by this server after 2.0 s of talk. So `ring` went on by `answered`."],
    ],
    [
      "a caller who gives up while somebody is rung",
      journal(
        [0, 0, OFFERED],
        node("ring", "connect"),
        dialled,
        [2900, 0, gone("caller")],
        [2900, 1, gone("caller")],
        left("ring", "missed"),
        node("bye", "hangup"),
        over("caller"),
      ),
      [
        "The caller gave up, unanswered, after 2.9 s while sip:a@b.example was rung, at `ring`; the flow went on without and ended at `bye`.",
        "sip:a@b.example was not reached after 1.9 s: the caller gave up.",
      ],
    ],
    [
      "a URL that answers too late, once",
      call(node("ask", "passthru"), asked("http://a.example/"), came(null, "timeout"), left("ask", "else")),
      [
        "GET http://a.example/ came to nothing: there was no answer in time; the caller waited 5.0 s. So `ask` went on by `else`. Answer first and do the rest afterwards, or raise the node's timeout.",
      ],
    ],
    [
      "a status that has an exit of its own as an answer",
      call(node("ask", "passthru"), asked("http://a.example/"), came(404, null, 20), left("ask", "404")),
      ["GET http://a.example/ answered 404. So `ask` went on by `404`."],
    ],
    [
      "a message",
      call(
        node("box", "voicemail"),
        [1000, null, { event: "recording_started", recording: "r", dual: false, mp3: false }],
        [4000, null, { event: "recording_ended", recording: "r", duration_ms: 3000, failure: null, silent: false }],
      ),
      ["The caller left a message of 3.0 s."],
    ],
  ])("tells of %s", (_, lines, expected) => {
    const told = explain(lines).map(({ text, next }) => (next ? `${text} ${next}` : text));
    expect(
      told.filter((text) => !/^(Of |The call is running|This server ended|\S+ answered after)/.test(text)),
    ).toEqual(expected);
  });

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
