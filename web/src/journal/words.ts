import { cause } from "./cause";
import { failure } from "./failure";
import { type Audio, type By, endpoint, type Failure, type Line, type StreamCounts } from "./line";
import { span } from "./span";

export type Tone = "plain" | "good" | "warn" | "bad";

const WHO: Record<By, string> = {
  caller: "the caller",
  callee: "the other party",
  us: "this server",
  network: "the network",
};

/** Who ended it, in words. */
export function by(who: By): string {
  return WHO[who] ?? who;
}

/** What came of a request, in a word: its status, or why there is none. */
export function outcome(status: number | null, failed: Failure | null): string {
  return failed ? failure(failed).word : status === null ? "nothing" : String(status);
}

/** Whether what came of a request is well: anything below 400. */
export function well(status: number | null, failed: Failure | null): boolean {
  return failed === null && status !== null && status < 400;
}

/** Why a stream failed, in words; null if it did not. */
export function streamFailure(why: unknown): string | null {
  if (why === null || why === undefined) return null;
  if (typeof why === "string") return why === "stalled" ? "the application takes nothing any more" : why;
  const [kind, facts] = Object.entries(why)[0] ?? ["it failed", null];
  const told = facts as Record<string, unknown>;
  switch (kind) {
    case "throttled":
      return `there are ${told.limit} streams, as many as there may be`;
    case "no_address":
      return `the URL does not say where the stream goes: ${told.why}`;
    case "unreachable":
      return failure(facts as Failure).meaning;
    case "refused":
      return `the handshake was answered with ${told.status} instead of 101`;
    case "broken":
      return `the connection broke${told.code ? ` with code ${told.code}` : ""}${told.why ? `: ${told.why}` : ""}`;
    case "malformed":
      return `a message was none of the protocol: ${told.why}`;
    default:
      return kind;
  }
}

/** Which sort of thing a line is about, to find it by its colour and name. */
export function topic(event: string): string {
  if (/^(node|flow|variable|gathered)/.test(event)) return "flow";
  if (/^(callout|notify)/.test(event)) return "callout";
  if (/^(play|rendered)/.test(event)) return "sound";
  if (event === "digit") return "key";
  if (event.startsWith("recording")) return "recording";
  if (event.startsWith("stream")) return "stream";
  if (event === "fault") return "fault";
  return "call";
}

/** How good or bad the news of a line is. */
export function tone(line: Line): Tone {
  switch (line.event) {
    case "fault":
      return "bad";
    case "callout_attempted":
    case "callout_ended":
      if (line.failure?.failure === "overtaken" || line.failure?.failure === "cancelled") return "plain";
      return well(line.status, line.failure) ? "good" : "bad";
    case "notify_attempted":
      return well(line.status, line.failure) ? "good" : line.last ? "bad" : "warn";
    case "rendered":
    case "notify_committed":
    case "recording_ended":
      return line.failure ? "bad" : "plain";
    case "stream_ended":
      return line.failure ? "bad" : "plain";
    case "leg_ended":
    case "ended":
      return line.cause === 16 ? "plain" : line.by === "network" ? "bad" : "warn";
    case "answered":
      return "good";
    default:
      return "plain";
  }
}

/** A line of the journal as a sentence; other parties by their names, where these are told. */
export function words(line: Line, names?: ReadonlyMap<number, string>): string {
  switch (line.event) {
    case "offered":
      return `${line.direction === "outgoing" ? "Call" : "Call arrives"} from ${line.from} to ${line.to}`;
    case "second_party":
      return `Is to be joined with ${line.number}`;
    case "flow_started":
      return `Flow ${line.flow} begins, version ${line.version}`;
    case "flow_resumed":
      return `Back in flow ${line.flow}, version ${line.version}`;
    case "ringing":
      return "Rings";
    case "early_media":
      return "Is heard while it rings";
    case "answered":
      return `Answered, ${line.codec}`;
    case "node_entered":
      return `${line.node}: ${line.applet}`;
    case "node_left":
      return `${line.node} → ${line.exit}`;
    case "rendered":
      return line.failure
        ? `${line.audio} cannot be had: ${line.failure}`
        : `${line.audio} is ready after ${span(line.took_ms)}`;
    case "play_started":
      return `Plays ${line.audio}`;
    case "play_ended":
      return `${line.finished ? "Played" : "Stopped"} ${line.audio}`;
    case "digit":
      return `Key ${line.digit}`;
    case "gathered":
      return line.digits === "" ? "Gathered no key" : `Gathered ${line.digits}`;
    case "variable_set":
      return `${line.name} = ${line.value}`;
    case "callout_started":
      return `Asks ${line.method} ${endpoint(line.url)}`;
    case "callout_attempted":
      return `${line.way === "first" ? "Try" : `Try, ${line.way.replace("_", " ")},`} ${line.attempt}: ${told(line.status, line.failure)} after ${span(line.took_ms)}`;
    case "callout_ended":
      return `Goes on with ${told(line.status, line.failure)}, waited ${span(line.took_ms)}`;
    case "notify_queued":
      return `Owes a report: ${line.method} ${endpoint(line.url)}`;
    case "notify_committed":
      return line.failure ? `The report is lost: ${line.failure}` : "The report is in safe keeping";
    case "notify_attempted":
      return `Report, try ${line.attempt}: ${told(line.status, line.failure)} after ${span(line.took_ms)}${
        line.last && !well(line.status, line.failure) ? ", given up" : ""
      }`;
    case "notify_replayed":
      return `Callout ${line.of} is sent again${line.of === line.callout ? "" : ` as ${line.callout}`}: ${endpoint(line.url)}`;
    case "dialled":
      return `Dials ${line.target}, showing ${line.caller_id}`;
    case "joined":
      return `Hears ${names?.get(line.with) ?? `party ${line.with}`}`;
    case "unjoined":
      return `Hears ${names?.get(line.with) ?? `party ${line.with}`} no longer`;
    case "recording_started":
      return `Records, ${line.dual ? "two channels" : "one channel"}, ${line.hq ? "MP3 of a higher bit rate" : line.mp3 ? "MP3" : "WAV"}`;
    case "recording_ended":
      if (line.failure) return `Records no longer: ${line.failure}`;
      return line.silent ? "Recorded nothing: it was silent" : `Recorded ${span(line.duration_ms)}`;
    case "recording_removed":
      return "The recording was removed";
    case "stream_started":
      return `Streams to ${endpoint(line.url)}, ${line.two_way ? "two ways" : "one way"}, ${line.rate} Hz`;
    case "stream_connected":
      return `The application hears the call, after ${span(line.took_ms)}`;
    case "stream_marked":
      return `Mark ${line.name} was heard`;
    case "stream_cleared":
      return `The application dropped ${span(line.dropped_ms)} of what it had said`;
    case "stream_replied":
      return `The application replied ${span(line.after_ms)} after the caller's last word`;
    case "stream_ended": {
      const why = streamFailure(line.failure);
      return why
        ? `The stream failed: ${why}`
        : `The stream is over after ${span(line.duration_ms)}, ended by ${line.by}: ${frames(line.counts)}`;
    }
    case "held":
      return line.on ? "Puts the call on hold" : "Takes the call back";
    case "leg_ended":
      return line.status !== null
        ? `Refused with ${line.status}: ${cause(line.cause)}`
        : `Gone, ended by ${by(line.by)}: ${cause(line.cause)}`;
    case "media_ended":
      return audio(line);
    case "fault":
      return `Fault: ${line.what}`;
    case "ended":
      return `The call is over, ended by ${by(line.by)}: ${cause(line.cause)}`;
    default:
      return (line as { event: string }).event.replaceAll("_", " ");
  }
}

function told(status: number | null, failed: Failure | null): string {
  return failed ? failure(failed).word : String(status ?? "nothing");
}

function frames({ sent, received, unsent_us, unplayed_us }: StreamCounts): string {
  const dropped = [
    unsent_us > 0 && `${span(unsent_us / 1_000)} were not sent, as it took them too late`,
    unplayed_us > 0 && `${span(unplayed_us / 1_000)} were not played, as they came too far ahead`,
  ].filter(Boolean);
  return [`${sent} messages with audio to it, ${received} from it`, ...dropped].join("; ");
}

function audio({ packets_sent, packets_received, packets_lost, packets_late, jitter_ms, mos }: Audio): string {
  const came = `${packets_received} packets came, ${packets_lost} were lost, ${packets_late} too late, jitter ${span(jitter_ms)}`;
  return `Audio: ${packets_sent} packets sent; ${came}${mos === null ? "" : `; MOS ${mos.toFixed(1)}`}`;
}
