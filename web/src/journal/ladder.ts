import { endpoint, type Line, parties } from "./line";
import { outcome, type Tone, tone } from "./words";

/** A rung: who tells whom what, when. */
export interface Rung {
  at: number;
  seq: number;
  /** Places of the columns. */
  from: number;
  to: number;
  text: string;
  tone: Tone;
}

export interface Ladder {
  columns: string[];
  rungs: Rung[];
}

/** The call as a ladder: the caller at the left, this server, those that it rang, and at the right the web. */
export function ladder(lines: readonly Line[]): Ladder {
  const names = parties(lines);
  const legs = [...names.keys()].sort((a, b) => a - b);
  const others = legs.filter((leg) => leg !== 0);
  const columns = [names.get(0) ?? "Caller", "passthru", ...others.map((leg) => names.get(leg) ?? "")];
  const web = columns.length;
  const place = new Map<number | null, number>([[0, 0], ...others.map((leg, at) => [leg, at + 2] as const)]);
  const heard: Heard = { outgoing: new Set(), answered: new Set() };
  const rungs: Rung[] = [];
  let asks = false;
  for (const line of lines) {
    const told = say(line, heard);
    if (!told) continue;
    const [text, towards, party] = told;
    const other = party === "web" ? web : place.get(line.leg);
    if (other === undefined) continue;
    asks ||= party === "web";
    const [from, to] = towards ? [1, other] : [other, 1];
    rungs.push({ at: line.at_ms, seq: line.seq, from, to, text, tone: tone(line) });
  }
  if (asks) columns.push("Web");
  return { columns, rungs };
}

type Told = [text: string, towards: boolean, party: "leg" | "web"];

/** The legs that we began, and those that were answered. */
interface Heard {
  outgoing: Set<number>;
  answered: Set<number>;
}

function say(line: Line, { outgoing, answered }: Heard): Told | null {
  const out = line.leg !== null && outgoing.has(line.leg);
  switch (line.event) {
    case "offered":
      if (line.direction === "outgoing" && line.leg !== null) outgoing.add(line.leg);
      return ["INVITE", line.direction === "outgoing", "leg"];
    case "dialled":
      if (line.leg !== null) outgoing.add(line.leg);
      return ["INVITE", true, "leg"];
    case "ringing":
      return ["180 Ringing", !out, "leg"];
    case "early_media":
      return ["183 early media", !out, "leg"];
    case "answered":
      if (line.leg !== null) answered.add(line.leg);
      return [`200 OK, ${line.codec}`, !out, "leg"];
    case "digit":
      return [`key ${line.digit}`, false, "leg"];
    case "held":
      return [line.on ? "INVITE, on hold" : "INVITE, off hold", false, "leg"];
    case "leg_ended":
      if (line.status !== null) return [String(line.status), !out, "leg"];
      if (line.by === "network") return ["silence", false, "leg"];
      return [
        answered.has(line.leg ?? 0) ? "BYE" : "CANCEL",
        line.by !== (line.leg === 0 ? "caller" : "callee"),
        "leg",
      ];
    case "callout_started":
    case "notify_queued":
      return [`${line.method} ${endpoint(line.url)}`, true, "web"];
    case "callout_attempted":
    case "notify_attempted":
      return [outcome(line.status, line.failure), false, "web"];
    default:
      return null;
  }
}
