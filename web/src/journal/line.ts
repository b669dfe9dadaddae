/** What went wrong with a request, as the journal has it. */
export interface Failure {
  failure: string;
  detail?: string;
}

/** Where the time of a request went, in microseconds. */
export interface Trace {
  address?: string | null;
  reused?: boolean;
  dns_us?: number;
  connect_us?: number;
  tls_us?: number;
  first_byte_us?: number;
  body_us?: number;
}

export type By = "caller" | "callee" | "us" | "network";

interface Outcome {
  status: number | null;
  failure: Failure | null;
}

/** What happened: a word of the journal with what it says of itself. */
/** What went over a stream: messages with audio, and audio that was dropped. */
export type StreamCounts = { sent: number; received: number; unsent_us: number; unplayed_us: number };

/** How a party's audio went (RFC 3550), and its rating from 1 to 4.5 (ITU-T G.107). */
export type Audio = {
  packets_sent: number;
  packets_received: number;
  packets_lost: number;
  packets_late: number;
  jitter_ms: number;
  peer_loss: number;
  mos: number | null;
};

export type Happening =
  | { event: "offered"; direction: string; from: string; to: string }
  | { event: "second_party"; number: string }
  | { event: "flow_started" | "flow_resumed"; flow: string; version: number }
  | { event: "ringing" | "early_media" }
  | { event: "answered"; codec: string }
  | { event: "node_entered"; node: string; applet: string }
  | { event: "node_left"; node: string; exit: string }
  | { event: "rendered"; audio: string; failure: string | null; took_ms: number }
  | { event: "play_started"; audio: string }
  | { event: "play_ended"; audio: string; finished: boolean }
  | { event: "digit"; digit: string }
  | { event: "gathered"; digits: string }
  | { event: "variable_set"; name: string; value: string }
  | { event: "callout_started"; callout: number; method: string; url: string }
  | ({ event: "callout_attempted"; callout: number; attempt: number; way: string; url: string } & Outcome & Timed)
  | ({ event: "callout_ended"; callout: number; took_ms: number; way: string } & Outcome)
  | { event: "notify_queued"; callout: number; method: string; url: string }
  | { event: "notify_committed"; callout: number; failure: string | null }
  | ({ event: "notify_attempted"; callout: number; attempt: number; last: boolean } & Outcome & Timed)
  | { event: "notify_replayed"; callout: number; of: number; url: string }
  | { event: "dialled"; target: string; caller_id: string }
  | { event: "joined" | "unjoined"; with: number }
  | { event: "recording_started"; recording: string; dual: boolean; mp3: boolean; hq?: boolean }
  | { event: "recording_ended"; recording: string; duration_ms: number; failure: string | null; silent: boolean }
  | { event: "recording_removed"; recording: string }
  | { event: "stream_started"; stream: string; url: string; two_way: boolean; rate: number }
  | { event: "stream_connected"; stream: string; took_ms: number }
  | { event: "stream_marked"; stream: string; name: string }
  | { event: "stream_cleared"; stream: string; dropped_ms: number }
  | { event: "stream_replied"; stream: string; after_ms: number }
  | {
      event: "stream_ended";
      stream: string;
      duration_ms: number;
      by: string;
      failure: unknown;
      counts: StreamCounts;
    }
  | { event: "held"; on: boolean }
  | { event: "leg_ended"; cause: number; status: number | null; by: By }
  | ({ event: "media_ended" } & Audio)
  | { event: "fault"; what: string }
  | { event: "ended"; cause: number; by: By };

interface Timed {
  took_ms: number;
  trace: Trace;
}

/** A line of a call's journal. A server newer than this page may say words that are not known here. */
export type Line = { seq: number; leg: number | null; at_ms: number; wall: string } & Happening;

/** The URL as requests are counted by it: without query and fragment; all messages of a kind go by one. */
export function endpoint(url: string): string {
  const message = /^(sms|mailto):/.exec(url);
  return message ? message[0] : url.replace(/[?#].*$/s, "");
}

/** How the parties of a call are called: 0 by the caller's number, others by what was dialled. */
export function parties(lines: readonly Line[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of lines) {
    if (line.event === "offered" && line.leg !== null) {
      names.set(line.leg, line.direction === "outgoing" ? line.to : line.from);
    } else if (line.event === "dialled" && line.leg !== null) names.set(line.leg, line.target);
  }
  return names;
}

/** Where the call's own time ends: with its end, or with the last line so far. What is late comes after it. */
export function end(lines: readonly Line[]): { at: number; over: boolean } {
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at];
    if (line?.event === "ended") return { at: line.at_ms, over: true };
  }
  return { at: lines.at(-1)?.at_ms ?? 0, over: false };
}
