import { endpoint, type Line, parties } from "./line";
import { span } from "./span";
import { outcome, type Tone, tone, well, words } from "./words";

/** What is told of a call in short: what begins and ends is one row. */
export interface Row {
  seq: number;
  at: number;
  leg: number | null;
  topic: "flow" | "callout" | "sound" | "key" | "recording" | "stream" | "fault" | "call";
  text: string;
  tone: Tone;
}

/** The journal in short: a row a step, a prompt, a callout, a recording, a stream; keys that follow each other in one. */
export function digest(lines: readonly Line[]): Row[] {
  const rows: Row[] = [];
  const names = parties(lines);
  const open = new Map<string, Row>();
  const tries = new Map<number, number>();
  const begin = (key: string, line: Line, topic: Row["topic"], text: string) => {
    const row: Row = { seq: line.seq, at: line.at_ms, leg: line.leg, topic, text, tone: "plain" };
    open.set(key, row);
    rows.push(row);
  };
  const finish = (key: string, text: (row: Row) => string, how: Tone = "plain") => {
    const row = open.get(key);
    if (!row) return;
    row.text = text(row);
    row.tone = how;
    open.delete(key);
  };
  for (const line of lines) {
    switch (line.event) {
      case "node_entered":
        begin("node", line, "flow", `${line.node}: ${line.applet}`);
        break;
      case "node_left":
        finish("node", (row) => `${row.text} → ${line.exit}, ${span(line.at_ms - row.at)}`);
        break;
      case "play_started":
        begin("play", line, "sound", `Plays ${line.audio}`);
        break;
      case "play_ended":
        finish("play", (row) => `${line.finished ? "Played" : "Stopped"} ${line.audio}, ${span(line.at_ms - row.at)}`);
        break;
      case "digit": {
        const before = rows.at(-1);
        if (before?.topic === "key" && before.leg === line.leg) before.text += ` ${line.digit}`;
        else
          rows.push({
            seq: line.seq,
            at: line.at_ms,
            leg: line.leg,
            topic: "key",
            text: `Keys ${line.digit}`,
            tone: "plain",
          });
        break;
      }
      case "callout_started":
      case "notify_queued":
        begin(
          `callout-${line.callout}`,
          line,
          "callout",
          `${line.event === "notify_queued" ? "Reports" : "Asks"} ${line.method} ${endpoint(line.url)}`,
        );
        break;
      case "callout_attempted":
        tries.set(line.callout, line.attempt);
        break;
      case "callout_ended": {
        const made = tries.get(line.callout) ?? 1;
        const count = made > 1 ? `, ${made} tries` : "";
        const text = (row: Row) => `${row.text}: ${outcome(line.status, line.failure)}${count}, ${span(line.took_ms)}`;
        finish(`callout-${line.callout}`, text, tone(line));
        break;
      }
      case "notify_attempted": {
        const done = well(line.status, line.failure);
        const row = open.get(`callout-${line.callout}`);
        if (row) row.tone = done ? "good" : "warn";
        if (line.last) {
          const text = (row: Row) =>
            `${row.text}: ${outcome(line.status, line.failure)}${done ? "" : `, given up after try ${line.attempt}`}`;
          finish(`callout-${line.callout}`, text, done ? "good" : "bad");
        }
        break;
      }
      case "recording_started":
        begin(line.recording, line, "recording", words(line));
        break;
      case "recording_ended":
        finish(line.recording, () => words(line), tone(line));
        break;
      case "stream_started":
        begin(line.stream, line, "stream", words(line));
        break;
      case "stream_ended":
        finish(line.stream, (row) => `${row.text}. ${words(line)}`, tone(line));
        break;
      case "gathered":
      case "variable_set":
      case "notify_committed":
      case "stream_connected":
      case "stream_marked":
      case "stream_cleared":
      case "unjoined":
        if (line.event === "notify_committed" && line.failure) rows.push(plain(line, "callout"));
        break;
      case "rendered":
        if (line.failure) rows.push(plain(line, "sound"));
        break;
      case "fault":
        rows.push(plain(line, "fault"));
        break;
      default:
        rows.push(plain(line, line.event.startsWith("flow") ? "flow" : "call", names));
    }
  }
  return rows;
}

function plain(line: Line, topic: Row["topic"], names?: ReadonlyMap<number, string>): Row {
  return { seq: line.seq, at: line.at_ms, leg: line.leg, topic, text: words(line, names), tone: tone(line) };
}
