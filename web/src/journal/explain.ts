import { cause, remedy } from "./cause";
import { advice, failure } from "./failure";
import { end, endpoint, type Line, parties } from "./line";
import { SLOW_MS, slow } from "./slow";
import { span } from "./span";
import { by, outcome, streamFailure, type Tone, well } from "./words";

/** Something to know of a call: what, and what to do about it. */
export interface Finding {
  tone: Tone;
  text: string;
  next?: string;
  /** The line that it is read from. */
  seq: number;
}

/** Findings of one kind that are told one by one; of more their number is told. */
export const A_KIND = 5;

/** Stands for an exit where the call ended. */
const END = "its end";

/** Which rule a finding is of; told in this order. */
const RULES = ["end", "fault", "callout", "slow", "report", "party", "silence", "media", "key", "waited"] as const;
type Rule = (typeof RULES)[number];

/** What happened in a call, in plain words: how it ended first, then what went wrong, was slow, and was waited for. */
export function explain(lines: readonly Line[]): Finding[] {
  const reader = new Reader(parties(lines));
  for (const line of lines) reader.read(line);
  reader.sum(end(lines).at);
  return RULES.flatMap((rule) => reader.told(rule));
}

interface Asking {
  line: Extract<Line, { event: "callout_started" }>;
  tries: Extract<Line, { event: "callout_attempted" }>[];
}

interface Owing {
  url: string;
  done: boolean;
  /** The failure that stands, with the line that says it. */
  failed: { text: string; seq: number; status: number | null; next: string } | null;
}

interface Party {
  name: string;
  dialled: number | null;
  answered: number | null;
}

/** What a step came to, until it is told by which exit it was left. */
interface Lead {
  finding: Finding;
  /** Whether nobody was reached. */
  vain: boolean;
}

/** The flow ends a call so soon after the other party hung up that this was why. */
const SOON_MS = 1_000;

/** Packets lost, of all, from which on people hear it. */
const LOSS = 0.03;

class Reader {
  private readonly found = new Map<Rule, Finding[]>();
  private readonly left = new Map<Rule, number>();
  private readonly asked = new Map<number, Asking>();
  private readonly owed = new Map<number, Owing>();
  private readonly parties = new Map<number, Party>();
  private readonly exits: { seq: number; why: string; tone: Tone; next: string; status: string; answered: string }[] =
    [];
  private readonly leads: Lead[] = [];
  /** Recordings that are messages of the caller. */
  private readonly messages = new Set<string>();
  /** Where the caller was who hung up, and who was rung then. */
  private hungUp: { at: number; node: string | null; rung: string[] } | null = null;
  private freed: { name: string; at: number } | null = null;
  private node: { name: string; applet: string; seq: number } | null = null;
  private flow = "";
  private answered = false;
  private ended: Extract<Line, { event: "ended" }> | null = null;
  private readonly waits = { urls: 0, ringing: 0, sounds: 0 };
  private ringing: number | null = null;

  constructor(private readonly names: Map<number, string>) {}

  read(line: Line) {
    if (line.event.startsWith("callout")) return this.readCallout(line);
    if (line.event.startsWith("notify")) return this.readReport(line);
    if (line.event.startsWith("recording") || line.event.startsWith("stream")) return this.readMedia(line);
    if (line.event === "media_ended") return this.hear(line);
    if (line.leg !== null) this.readParty(line);
    switch (line.event) {
      case "flow_started":
      case "flow_resumed":
        this.flow = line.flow;
        return;
      case "node_entered":
        this.node = { name: line.node, applet: line.applet, seq: line.seq };
        return;
      case "node_left":
        return this.leave(line.node, line.exit, line.seq);
      case "fault":
        return this.tell("fault", { tone: "bad", text: `Something went wrong: ${line.what}`, seq: line.seq });
      case "rendered":
        this.waits.sounds += line.took_ms;
        if (line.failure)
          this.tell("media", {
            tone: "bad",
            text: `The caller did not hear ${line.audio}: ${line.failure}.`,
            next: "Check that the sound or voice is there.",
            seq: line.seq,
          });
        return;
      case "ended":
        this.ended = line;
    }
  }

  private readCallout(line: Line) {
    switch (line.event) {
      case "callout_started":
        this.asked.set(line.callout, { line, tries: [] });
        return;
      case "callout_attempted":
        this.asked.get(line.callout)?.tries.push(line);
        return;
      case "callout_ended": {
        const asking = this.asked.get(line.callout);
        this.asked.delete(line.callout);
        if (asking) this.answer(asking, line);
      }
    }
  }

  private answer(asking: Asking, line: Extract<Line, { event: "callout_ended" }>): void {
    const { tries, line: first } = asking;
    const url = endpoint(first.url);
    this.waits.urls += line.took_ms;
    const came = outcome(line.status, line.failure);
    const count = tries.length > 1 ? ` after ${tries.length} tries` : "";
    const fallback =
      line.way === "fallback" ? `; the other URL, ${endpoint(tries.at(-1)?.url ?? url)}, came to ${came}` : "";
    const late = line.failure?.failure === "timeout" && line.took_ms >= SLOW_MS;
    if (line.failure?.failure === "cancelled") {
      this.tell("callout", {
        tone: "warn",
        text: `The caller hung up after waiting ${span(line.took_ms)} for ${url}.`,
        seq: line.seq,
      });
    } else if (!well(line.status, line.failure)) {
      const own = tries.find((made) => made.way === "first" || made.way === "retry");
      const failed = line.failure ?? own?.failure ?? null;
      const told = failed ? failure(failed) : null;
      const reason =
        told?.meaning ?? (line.status === null ? "no answer" : `it answered ${own?.status ?? line.status}`);
      const waited = late ? `; the caller waited ${span(line.took_ms)}` : "";
      this.exits.push({
        seq: line.seq,
        why: `${first.method} ${url} came to nothing${count}: ${reason}${fallback}${waited}`,
        tone: "bad",
        next: told?.next ?? (line.status ? advice(line.status) : ""),
        status: String(line.status),
        answered: `${first.method} ${url} answered ${came}${count}${fallback}`,
      });
    } else if (tries.some((made) => !well(made.status, made.failure) && made.failure?.failure !== "overtaken")) {
      this.exits.push({
        seq: line.seq,
        why: `${url} answered ${came}${count}${fallback}`,
        tone: "warn",
        next: "",
        status: "",
        answered: "",
      });
    }
    if (line.took_ms >= SLOW_MS && !late && line.failure?.failure !== "cancelled")
      this.tell("slow", { tone: "warn", seq: line.seq, ...slow(url, line.took_ms, tries) });
  }

  /** A node that asked is left: the exit says what the answer led to. */
  private leave(node: string, exit: string, seq: number) {
    const asked = this.exits.splice(0);
    for (const { why, tone, next, seq: at, status, answered } of asked) {
      // A status that has an exit of its own is an answer like others.
      const meant = exit === status;
      const text = `${meant ? answered : why}. So \`${node}\` went on by \`${exit}\`.`;
      this.tell("callout", meant ? { tone: "plain", text, seq: at } : { tone, text, seq: at, ...(next && { next }) });
    }
    this.follow(node, exit);
    if (asked.length > 0 || this.node?.name !== node) return;
    if (exit === "none" && (this.node.applet === "ivr" || this.node.applet === "gather")) {
      this.tell("key", { tone: "warn", text: `No key came at \`${node}\`, so it went on by \`none\`.`, seq });
    } else if (exit === "invalid") {
      this.tell("key", {
        tone: "warn",
        text: `A key that \`${node}\` does not know was pressed; it went on by \`invalid\`.`,
        seq,
      });
    }
  }

  /** The last thing that a step came to is why it was left by its exit; unless somebody else was reached. */
  private follow(node: string, exit: string) {
    const lead = this.leads.splice(0).at(-1);
    if (lead && exit !== END && !(lead.vain && exit === "answered"))
      lead.finding.text += ` So \`${node}\` went on by \`${exit}\`.`;
  }

  /** Tells what decides how the step is left. */
  private lead(rule: Rule, finding: Finding, vain = false) {
    this.tell(rule, finding);
    if (this.node?.applet === "connect" || this.node?.applet === "voicebot") this.leads.push({ finding, vain });
  }

  private readReport(line: Line) {
    switch (line.event) {
      case "notify_queued":
        this.owed.set(line.callout, { url: endpoint(line.url), done: false, failed: null });
        return;
      case "notify_replayed":
        if (line.of === line.callout) {
          const owing = this.owed.get(line.callout);
          if (owing) Object.assign(owing, { done: false, failed: null });
        }
        return;
      case "notify_committed":
        if (line.failure)
          this.tell("report", {
            tone: "bad",
            text: `A report is lost: ${line.failure}`,
            next: "See that the disk has room.",
            seq: line.seq,
          });
        return;
      case "notify_attempted": {
        const owing = this.owed.get(line.callout);
        if (!owing) return;
        const done = well(line.status, line.failure);
        owing.done = done;
        owing.failed = done ? null : this.unreported(line, owing.url);
      }
    }
  }

  private unreported(line: Extract<Line, { event: "notify_attempted" }>, url: string): Owing["failed"] {
    const told = line.failure ? failure(line.failure) : null;
    const why = told?.meaning ?? `it answered ${line.status}`;
    const tries = line.attempt === 1 ? "1 try" : `${line.attempt} tries`;
    const text = line.last
      ? `The report to ${url} was given up after ${tries}: ${why}.`
      : `The report to ${url} is not delivered yet after ${tries}: ${why}. It is tried again by itself.`;
    const next = line.last ? "Mend the application, then send it again from the callout." : (told?.next ?? "");
    return { text, seq: line.seq, status: line.last ? line.status : null, next };
  }

  private readParty(line: Line) {
    const leg = line.leg ?? 0;
    const name = this.names.get(leg) ?? `party ${leg}`;
    switch (line.event) {
      case "offered":
      case "dialled":
        this.parties.set(leg, { name, dialled: line.event === "dialled" ? line.at_ms : null, answered: null });
        if (line.event === "dialled") this.ringing ??= line.at_ms;
        return;
      case "answered": {
        const party = this.parties.get(leg);
        if (party) party.answered = line.at_ms;
        if (leg === 0) this.answered = true;
        else this.stopRinging(line.at_ms);
        if (leg !== 0 && party?.dialled != null)
          this.tell("party", {
            tone: "good",
            text: `${name} answered after ${span(line.at_ms - party.dialled)}.`,
            seq: line.seq,
          });
        return;
      }
      case "leg_ended":
        return this.gone(line, name, leg);
    }
  }

  private gone(line: Extract<Line, { event: "leg_ended" }>, name: string, leg: number) {
    const party = this.parties.get(leg);
    this.parties.delete(leg);
    if (leg === 0 && line.by === "caller") {
      const rung = [...this.parties.values()].filter((one) => one.dialled !== null && one.answered === null);
      this.hungUp = { at: line.at_ms, node: this.node?.name ?? null, rung: rung.map((one) => one.name) };
    }
    if (leg !== 0 && ![...this.parties.values()].some((one) => one.dialled !== null && one.answered === null))
      this.stopRinging(line.at_ms);
    if (line.by === "network") {
      const audio = line.cause === 102 && party?.answered !== null;
      this.tell("silence", {
        tone: "bad",
        text: audio
          ? `Nothing came from ${name} any more, no audio and no word, so it was let go: audio went one way at best.`
          : `${name} could not be reached: ${cause(line.cause)}.`,
        next: audio
          ? "See that the firewall lets the ports of [rtp] through, and that [sip] public_address is the one that the phone can reach."
          : "Check its address, and that the network between is up.",
        seq: line.seq,
      });
    } else if (leg !== 0 && party?.answered === null) {
      const rang = party.dialled === null ? "" : ` after ${span(line.at_ms - party.dialled)}`;
      const why =
        line.status !== null
          ? `${cause(line.cause)}, it answered ${line.status}`
          : line.by === "caller"
            ? "the caller gave up"
            : cause(line.cause);
      const next = remedy(line.cause);
      const finding: Finding = { tone: "warn", text: `${name} was not reached${rang}: ${why}.`, seq: line.seq };
      if (line.by === "caller") this.tell("party", finding);
      else this.lead("party", next ? { ...finding, next } : finding, true);
    } else if (leg !== 0 && party?.answered != null && (line.by === "callee" || line.by === "us")) {
      const talked = span(line.at_ms - party.answered);
      const did = line.by === "callee" ? "hung up" : "was let go by this server";
      if (line.by === "callee") this.freed = { name, at: line.at_ms };
      this.lead("party", { tone: "plain", text: `${name} ${did} after ${talked} of talk.`, seq: line.seq });
    }
  }

  private stopRinging(at: number): void {
    if (this.ringing !== null) this.waits.ringing += at - this.ringing;
    this.ringing = null;
  }

  private readMedia(line: Line) {
    if (line.event === "recording_started" && this.node?.applet === "voicemail") {
      this.messages.add(line.recording);
    } else if (line.event === "recording_ended" && line.failure) {
      this.tell("media", {
        tone: "bad",
        text: `The recording broke off: ${line.failure}`,
        next: "See that the disk has room.",
        seq: line.seq,
      });
    } else if (line.event === "recording_ended" && line.silent) {
      this.tell("media", {
        tone: "warn",
        text: "Nothing was said, so no recording was kept.",
        next: "If somebody spoke, their audio did not arrive.",
        seq: line.seq,
      });
    } else if (line.event === "recording_ended" && this.messages.has(line.recording)) {
      const text = `The caller left a message of ${span(line.duration_ms)}.`;
      this.tell("media", { tone: "good", text, seq: line.seq });
    } else if (line.event === "stream_ended") {
      const why = streamFailure(line.failure);
      if (why)
        this.lead("media", {
          tone: "bad",
          text: `The stream failed: ${why}.`,
          next: "See that the application runs at that address.",
          seq: line.seq,
        });
    }
  }

  /** Audio that went one way alone, or with gaps. */
  private hear(line: Extract<Line, { event: "media_ended" }>): void {
    const who = this.names.get(line.leg ?? 0) ?? "a party";
    const due = line.packets_received + line.packets_lost;
    if (line.packets_received === 0)
      this.tell("media", {
        tone: "bad",
        text: `One way only: no audio came from ${who}, though ${line.packets_sent} packets went there.`,
        next: "See that its packets find the way back: sip.public_address, the ports of [rtp] in the firewall.",
        seq: line.seq,
      });
    else if (line.packets_lost > due * LOSS)
      this.tell("media", {
        tone: "warn",
        text: `${line.packets_lost} of ${due} packets from ${who} were lost: there were gaps.`,
        next: "Look at the network between it and this server.",
        seq: line.seq,
      });
    else if (line.peer_loss > LOSS * 100)
      this.tell("media", {
        tone: "warn",
        text: `${who} told that it lost ${line.peer_loss} of 100 packets: it heard gaps.`,
        next: "Look at the network between it and this server.",
        seq: line.seq,
      });
  }

  /** What can be told only once all is read. */
  sum(at: number): void {
    for (const { line } of this.asked.values())
      if (!this.ended)
        this.tell("end", {
          tone: "warn",
          text: `The call waits for ${endpoint(line.url)}, since ${span(at - line.at_ms)}.`,
          seq: line.seq,
        });
    this.leave(this.node?.name ?? "the flow", END, this.node?.seq ?? 0);
    for (const { failed } of this.owed.values()) {
      if (!failed) continue;
      const finding: Finding = {
        tone: failed.status !== null || failed.text.includes("given up") ? "bad" : "warn",
        text: failed.text,
        seq: failed.seq,
      };
      this.tell("report", failed.next ? { ...finding, next: failed.next } : finding);
    }
    this.found.set("end", [this.conclusion(at), ...(this.found.get("end") ?? [])]);
    this.waited(at);
  }

  private conclusion(at: number): Finding {
    const stands = this.node ? ` at \`${this.node.name}\`` : "";
    const flow = this.flow ? ` of flow ${this.flow}` : "";
    if (!this.ended)
      return {
        tone: "good",
        text: `The call is running, for ${span(at)}. It stands${stands || " before any step"}${flow}.`,
        seq: 0,
      };
    const { by: who, cause: why, seq } = this.ended;
    const after = span(at);
    const tone: Tone = why === 16 ? "plain" : who === "network" ? "bad" : "warn";
    if (who === "caller") return { tone, seq, text: this.gaveUp(at, stands, flow) };
    if (who === "us") {
      const flowed = this.node?.applet === "hangup";
      const did = this.answered ? "ended the call" : "refused the call, unanswered,";
      const freed = this.freed && at - this.freed.at <= SOON_MS ? `${this.freed.name} hung up. ` : "";
      return {
        tone,
        seq,
        text: `${freed}${flowed ? "The flow" : "This server"} ${did}${stands}${flow} after ${after}: ${cause(why)}.`,
      };
    }
    return { tone, seq, text: `The call was ended by ${by(who)}${stands}${flow} after ${after}: ${cause(why)}.` };
  }

  /** How the caller left: where, and whether the flow went on without. */
  private gaveUp(at: number, stands: string, flow: string): string {
    const { at: when = at, node = this.node?.name ?? null, rung = [] } = this.hungUp ?? {};
    const during = rung.length > 0 ? ` while ${rung.join(", ")} ${rung.length === 1 ? "was" : "were"} rung` : "";
    const did = `The caller ${this.answered ? "hung up" : "gave up, unanswered,"} after ${span(when)}${during}`;
    if (!stands) return `${did}.`;
    if (node === null || node === this.node?.name) return `${did}; the flow ended${stands}${flow}.`;
    return `${did}, at \`${node}\`${flow}; the flow went on without and ended${stands}.`;
  }

  private waited(at: number): void {
    const { urls, ringing, sounds } = this.waits;
    const parts = [
      [urls, "for URLs"],
      [ringing, "while others were rung"],
      [sounds, "for sounds that were made"],
    ] as const;
    const told = parts.filter(([ms]) => ms >= 100).map(([ms, what]) => `${span(ms)} ${what}`);
    if (told.length > 0)
      this.tell("waited", { tone: "plain", text: `Of ${span(at)} the caller waited ${told.join(", ")}.`, seq: 0 });
  }

  private tell(rule: Rule, finding: Finding): void {
    const of = this.found.get(rule) ?? [];
    if (of.length < A_KIND) this.found.set(rule, [...of, finding]);
    else this.left.set(rule, (this.left.get(rule) ?? 0) + 1);
  }

  told(rule: Rule): Finding[] {
    const of = this.found.get(rule) ?? [];
    const left = this.left.get(rule) ?? 0;
    return left
      ? [
          ...of,
          {
            tone: "warn",
            text: `And ${left} more of the kind: the list of events has them.`,
            seq: of.at(-1)?.seq ?? 0,
          },
        ]
      : of;
  }
}
