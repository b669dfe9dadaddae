import { end, endpoint, type Line, parties } from "./line";
import { type Part, phases } from "./phases";
import { outcome, streamFailure, type Tone, well, words } from "./words";

/** Something that lasted. */
export interface Span {
  from: number;
  /** Null while it lasts. */
  to: number | null;
  label: string;
  tone: Tone;
  /** The line that it began with. */
  seq: number;
  /** Which row of its track it is drawn in. */
  lane: number;
  parts: Part[];
}

/** Something that happened at a moment. */
export interface Mark {
  at: number;
  label: string;
  tone: Tone;
  seq: number;
}

/** What is drawn in one row of the clock. */
export interface Track {
  id: string;
  name: string;
  lanes: number;
  spans: Span[];
  marks: Mark[];
}

export interface Timeline {
  tracks: Track[];
  /** The call's end, or its last line so far. */
  end: number;
  /** The last line of all: reports may come long after the end. */
  last: number;
  over: boolean;
  /** The parts of recordings on the clock, by name. */
  recordings: Map<string, { from: number; to: number | null }>;
}

/** Rows that a track may have; what finds none free shares the last. */
export const LANES = 6;

/** A call's journal as tracks on one clock. Each line is looked at once. */
export function timeline(lines: readonly Line[]): Timeline {
  const builder = new Builder(lines);
  for (const line of lines) builder.take(line);
  const { at, over } = end(lines);
  return { ...builder.done(over ? at : null), end: at, over, last: lines.at(-1)?.at_ms ?? 0 };
}

class Builder {
  private readonly tracks = new Map<string, Track>();
  private readonly open = new Map<string, Span>();
  private readonly recordings = new Map<string, { from: number; to: number | null }>();
  private readonly names: Map<number, string>;

  constructor(lines: readonly Line[]) {
    this.names = parties(lines);
    this.track("flow", "Flow");
  }

  take(line: Line) {
    switch (line.event) {
      case "flow_started":
      case "flow_resumed":
        // The first flow begins with the clock, and its name stands above.
        return line.at_ms > 0 && this.mark("flow", line);
      case "node_entered":
        return this.begin("flow", "node", line, line.node);
      case "node_left":
        return this.finish("node", line, `${line.node} → ${line.exit}`);
      case "play_started":
        this.track("sound", "Playback");
        return this.begin("sound", "play", line, line.audio);
      case "play_ended":
        return this.finish("play", line, line.audio, line.finished ? "plain" : "warn");
      case "rendered":
        this.track("sound", "Playback");
        return this.past("sound", line, line.audio, line.took_ms);
      case "digit":
        this.track("keys", "Keys");
        return this.mark("keys", line, line.digit);
      case "fault":
        this.track("faults", "Faults");
        return this.mark("faults", line, line.what, "bad");
      default:
        this.takeParty(line);
        this.takeCallout(line);
        this.takeMedia(line);
    }
  }

  private takeParty(line: Line) {
    if (line.leg === null) return;
    const [track, key] = [`leg-${line.leg}`, `leg-${line.leg}`];
    switch (line.event) {
      case "offered":
      case "dialled":
        this.track(track, this.names.get(line.leg) ?? `Party ${line.leg}`);
        return this.begin(track, key, line, line.event === "dialled" ? "dialled" : "rings");
      case "ringing":
      case "early_media":
        return this.mark(track, line, line.event === "ringing" ? "rings" : "early media");
      case "answered":
        this.finish(key, line, "rings");
        return this.begin(track, key, line, line.codec, "good");
      case "joined":
        return this.begin(track, `${key}-joined`, line, `hears ${this.names.get(line.with) ?? line.with}`, "good");
      case "unjoined":
        return this.finish(`${key}-joined`, line);
      case "held":
        return line.on ? this.begin(track, `${key}-held`, line, "on hold", "warn") : this.finish(`${key}-held`, line);
      case "leg_ended": {
        const refused = line.status !== null;
        this.finish(`${key}-held`, line);
        return this.finish(key, line, refused ? `refused, ${line.status}` : undefined, refused ? "bad" : undefined);
      }
    }
  }

  private takeCallout(line: Line) {
    switch (line.event) {
      case "callout_started":
      case "notify_queued":
        this.track("callouts", "Callouts");
        return this.begin("callouts", `callout-${line.callout}`, line, `${line.method} ${path(line.url)}`);
      case "callout_attempted":
      case "notify_attempted": {
        const span = this.open.get(`callout-${line.callout}`);
        span?.parts.push(...phases(line.at_ms, line.took_ms, line.trace));
        if (line.event === "callout_attempted") return;
        const done = well(line.status, line.failure);
        if (line.last)
          this.finish(
            `callout-${line.callout}`,
            line,
            undefined,
            done ? "good" : "bad",
            outcome(line.status, line.failure),
          );
        else if (span) span.tone = "warn";
        return;
      }
      case "notify_committed":
        if (line.failure) this.finish(`callout-${line.callout}`, line, undefined, "bad", "lost");
        return;
      case "callout_ended": {
        const done = well(line.status, line.failure);
        return this.finish(
          `callout-${line.callout}`,
          line,
          undefined,
          done ? "good" : "bad",
          outcome(line.status, line.failure),
        );
      }
    }
  }

  private takeMedia(line: Line) {
    switch (line.event) {
      case "recording_started":
        this.track("recordings", "Recording");
        this.recordings.set(line.recording, { from: line.at_ms, to: null });
        return this.begin("recordings", line.recording, line, line.dual ? "two channels" : "one channel", "good");
      case "recording_ended": {
        const recording = this.recordings.get(line.recording);
        if (recording) recording.to = recording.from + line.duration_ms;
        return this.finish(line.recording, line, line.silent ? "silent" : undefined, line.failure ? "bad" : undefined);
      }
      case "stream_started":
        this.track("streams", "Stream");
        return this.begin("streams", line.stream, line, endpoint(line.url));
      case "stream_connected": {
        const span = this.open.get(line.stream);
        if (span) span.tone = "good";
        return this.mark("streams", line, "connected");
      }
      case "stream_marked":
        return this.mark("streams", line, line.name);
      case "stream_cleared":
      case "stream_replied":
        return this.mark("streams", line);
      case "stream_ended": {
        const why = streamFailure(line.failure);
        return this.finish(line.stream, line, why ?? undefined, why ? "bad" : undefined);
      }
    }
  }

  /** What lasts at the call's end ended with it, but for what is owed. */
  done(over: number | null): Pick<Timeline, "tracks" | "recordings"> {
    for (const [key, span] of this.open)
      if (over !== null && !key.startsWith("callout-")) span.to = Math.max(span.from, over);
    for (const track of this.tracks.values()) track.lanes = stack(track.spans);
    const order = ["flow", "leg", "callouts", "keys", "sound", "streams", "recordings", "faults"];
    const place = (track: Track) => order.indexOf(track.id.startsWith("leg-") ? "leg" : track.id);
    const tracks = [...this.tracks.values()].sort((a, b) => place(a) - place(b));
    return { tracks, recordings: this.recordings };
  }

  private track(id: string, name: string): void {
    if (!this.tracks.has(id)) this.tracks.set(id, { id, name, lanes: 1, spans: [], marks: [] });
  }

  private begin(track: string, key: string, line: Line, label: string, tone: Tone = "plain"): void {
    this.finish(key, line);
    const span: Span = { from: line.at_ms, to: null, label, tone, seq: line.seq, lane: 0, parts: [] };
    this.open.set(key, span);
    this.tracks.get(track)?.spans.push(span);
  }

  private finish(key: string, line: Line, label?: string, tone?: Tone, more?: string): void {
    const span = this.open.get(key);
    if (!span) return;
    span.to = line.at_ms;
    span.label = label ?? span.label;
    if (more) span.label += ` → ${more}`;
    span.tone = tone ?? span.tone;
    this.open.delete(key);
  }

  private past(track: string, line: Line, label: string, took: number): void {
    const from = Math.max(0, line.at_ms - took);
    const tone = line.event === "rendered" && line.failure ? "bad" : "warn";
    this.tracks
      .get(track)
      ?.spans.push({ from, to: line.at_ms, label: `makes ${label}`, tone, seq: line.seq, lane: 0, parts: [] });
  }

  private mark(track: string, line: Line, label = words(line), tone: Tone = "plain"): void {
    this.tracks.get(track)?.marks.push({ at: line.at_ms, label, tone, seq: line.seq });
  }
}

/** Gives each span the first row that is free; how many rows that takes. */
function stack(spans: Span[]): number {
  spans.sort((a, b) => a.from - b.from || a.seq - b.seq);
  const free: number[] = [];
  for (const span of spans) {
    let lane = free.findIndex((at) => at <= span.from);
    if (lane < 0) lane = Math.min(free.length, LANES - 1);
    span.lane = lane;
    free[lane] = Math.max(free[lane] ?? 0, span.to ?? Number.POSITIVE_INFINITY);
  }
  return Math.max(1, free.length);
}

/** The URL without its origin: what tells one request of a call from another. */
function path(url: string): string {
  const bare = endpoint(url);
  return bare.replace(/^[a-z]+:\/\/[^/]*(?=\/)/i, "") || bare;
}
