import type { Happening, Line } from "./line";

/** A journal for a test: when, who, what. */
export function journal(...rows: [at: number, leg: number | null, what: Happening][]): Line[] {
  return rows.map(([at_ms, leg, what], seq) => ({ seq, leg, at_ms, wall: "2026-11-26T10:00:00Z", ...what }));
}

export const OFFERED: Happening = {
  event: "offered",
  direction: "incoming",
  from: "+919900000001",
  to: "+918044444444",
};

/** Asked, refused, tried again, answered by the other URL, sorry, reported and given up. */
export const TROUBLED = journal(
  [0, 0, OFFERED],
  [0, null, { event: "flow_started", flow: "orders", version: 3 }],
  [0, null, { event: "node_entered", node: "ask", applet: "gather" }],
  [0, 0, { event: "play_started", audio: '"Order?"' }],
  [0, 0, { event: "answered", codec: "PCMU" }],
  [2000, 0, { event: "play_ended", audio: '"Order?"', finished: true }],
  [2500, 0, { event: "digit", digit: "4" }],
  [2500, null, { event: "gathered", digits: "4" }],
  [2500, null, { event: "node_left", node: "ask", exit: "digits" }],
  [2500, null, { event: "node_entered", node: "look-up", applet: "passthru" }],
  [2500, null, { event: "callout_started", callout: 1, method: "GET", url: "http://shop.example/orders?digits=4" }],
  [
    3500,
    null,
    {
      event: "callout_attempted",
      callout: 1,
      attempt: 1,
      way: "first",
      url: "http://shop.example/orders?digits=4",
      status: null,
      failure: { failure: "connect", detail: "192.0.2.1:80: refused" },
      took_ms: 900,
      trace: { address: "192.0.2.1:80", dns_us: 600_000 },
    },
  ],
  [
    4000,
    null,
    {
      event: "callout_attempted",
      callout: 1,
      attempt: 2,
      way: "fallback",
      url: "http://spare.example/orders",
      status: 503,
      failure: null,
      took_ms: 400,
      trace: { connect_us: 100_000, first_byte_us: 250_000, body_us: 50_000 },
    },
  ],
  [4000, null, { event: "callout_ended", callout: 1, status: 503, failure: null, took_ms: 1500, way: "fallback" }],
  [4000, null, { event: "node_left", node: "look-up", exit: "else" }],
  [4000, null, { event: "node_entered", node: "report", applet: "passthru" }],
  [4000, null, { event: "notify_queued", callout: 2, method: "POST", url: "http://shop.example/calls?x=1" }],
  [4010, null, { event: "notify_committed", callout: 2, failure: null }],
  [4010, null, { event: "node_left", node: "report", exit: "next" }],
  [4010, null, { event: "node_entered", node: "bye", applet: "hangup" }],
  [4010, 0, { event: "leg_ended", cause: 16, status: null, by: "us" }],
  [4010, null, { event: "ended", cause: 16, by: "us" }],
  [
    9000,
    null,
    {
      event: "notify_attempted",
      callout: 2,
      attempt: 1,
      status: 410,
      failure: null,
      last: true,
      took_ms: 30,
      trace: {},
    },
  ],
);

/** The first agent is busy, the second talks, is recorded, and the caller hangs up. */
export const CONNECTED = journal(
  [0, 0, OFFERED],
  [0, null, { event: "flow_started", flow: "sales", version: 1 }],
  [0, null, { event: "node_entered", node: "ring", applet: "connect" }],
  [10, 1, { event: "dialled", target: "sip:a@agent.example", caller_id: "+918044444444" }],
  [30, 1, { event: "leg_ended", cause: 17, status: 486, by: "callee" }],
  [30, 2, { event: "dialled", target: "sip:b@agent.example", caller_id: "+918044444444" }],
  [50, 2, { event: "ringing" }],
  [6030, 2, { event: "answered", codec: "PCMA" }],
  [6030, 0, { event: "answered", codec: "PCMU" }],
  [6030, 0, { event: "joined", with: 2 }],
  [6030, null, { event: "recording_started", recording: "r1", dual: true, mp3: false }],
  [9000, 0, { event: "held", on: true }],
  [9500, 0, { event: "held", on: false }],
  [16030, null, { event: "recording_ended", recording: "r1", duration_ms: 10_000, failure: null, silent: false }],
  [16030, 0, { event: "unjoined", with: 2 }],
  [16030, 0, { event: "leg_ended", cause: 16, status: null, by: "caller" }],
  [16030, 2, { event: "leg_ended", cause: 16, status: null, by: "caller" }],
  [16030, null, { event: "node_left", node: "ring", exit: "answered" }],
  [16030, null, { event: "ended", cause: 16, by: "caller" }],
);

/** A bot with marks, until its socket breaks. */
export const STREAMED = journal(
  [0, 0, OFFERED],
  [0, null, { event: "flow_started", flow: "bot", version: 2 }],
  [0, null, { event: "node_entered", node: "talk", applet: "voicebot" }],
  [0, null, { event: "stream_started", stream: "s1", url: "ws://bot.example/x?key=1", two_way: true, rate: 8000 }],
  [0, 0, { event: "answered", codec: "PCMU" }],
  [80, null, { event: "stream_connected", stream: "s1", took_ms: 80 }],
  [2100, 0, { event: "stream_marked", stream: "s1", name: "hello" }],
  [3000, 0, { event: "stream_replied", stream: "s1", after_ms: 740 }],
  [3500, 0, { event: "stream_cleared", stream: "s1", dropped_ms: 200 }],
  [
    5000,
    null,
    {
      event: "stream_ended",
      stream: "s1",
      duration_ms: 4920,
      by: "nobody",
      failure: { broken: { code: 1006, why: "" } },
      counts: { sent: 49, received: 21, unsent_us: 0, unplayed_us: 0 },
    },
  ],
  [5000, null, { event: "node_left", node: "talk", exit: "failed" }],
);
