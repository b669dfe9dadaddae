import { cause } from "./cause";
import { advice, failure } from "./failure";
import { end, endpoint, type Line, parties } from "./line";
import { longest, type Phase, phases } from "./phases";
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

/** A call that waits for a URL longer than that waits for long. */
export const SLOW_MS = 1_000;

/** Findings of one kind that are told one by one; of more their number is told. */
export const A_KIND = 5;

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
  /** The node that it is asked for. */
  node: string | null;
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

/** Packets lost, of all, from which on people hear it. */
const LOSS = 0.03;

class Reader {
  private readonly found = new Map<Rule, Finding[]>();
  private readonly left = new Map<Rule, number>();
  private readonly asked = new Map<number, Asking>();
  private readonly owed = new Map<number, Owing>();
  private readonly parties = new Map<number, Party>();
  private readonly exits: { seq: number; why: string; tone: Tone; next: string; node: string | null }[] = [];
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
        this.asked.set(line.callout, { line, tries: [], node: this.node?.name ?? null });
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
      this.exits.push({
        seq: line.seq,
        why: `${first.method} ${url} came to nothing${count}: ${reason}${fallback}`,
        tone: "bad",
        next: told?.next ?? (line.status ? advice(line.status) : ""),
        node: asking.node,
      });
    } else if (tries.some((made) => !well(made.status, made.failure) && made.failure?.failure !== "overtaken")) {
      this.exits.push({
        seq: line.seq,
        why: `${url} answered ${came}${count}${fallback}`,
        tone: "warn",
        next: "",
        node: asking.node,
      });
    }
    if (line.took_ms >= SLOW_MS) this.tell("slow", slow(url, line, tries));
  }

  /** A node that asked is left: the exit says what the answer led to. */
  private leave(node: string, exit: string, seq: number) {
    const asked = this.exits.splice(0);
    for (const { why, tone, next, seq: at } of asked) {
      const finding = { tone, text: `${why}. So \`${node}\` went on by \`${exit}\`.`, seq: at };
      this.tell("callout", next ? { ...finding, next } : finding);
    }
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
      this.tell("party", { tone: "warn", text: `${name} was not reached${rang}: ${why}.`, seq: line.seq });
    } else if (leg !== 0 && line.by === "callee") {
      this.tell("party", { tone: "plain", text: `${name} hung up.`, seq: line.seq });
    }
  }

  private stopRinging(at: number): void {
    if (this.ringing !== null) this.waits.ringing += at - this.ringing;
    this.ringing = null;
  }

  private readMedia(line: Line) {
    if (line.event === "recording_ended" && line.failure) {
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
    } else if (line.event === "stream_ended") {
      const why = streamFailure(line.failure);
      if (why)
        this.tell("media", {
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
    this.leave(this.node?.name ?? "the flow", "its end", this.node?.seq ?? 0);
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
    if (who === "caller")
      return {
        tone,
        seq,
        text: `The caller ${this.answered ? "hung up" : "gave up, unanswered,"} after ${after}${stands ? `; the flow ended${stands}${flow}` : ""}.`,
      };
    if (who === "us") {
      const flowed = this.node?.applet === "hangup";
      const did = this.answered ? "ended the call" : "refused the call, unanswered,";
      return {
        tone,
        seq,
        text: `${flowed ? "The flow" : "This server"} ${did}${stands}${flow} after ${after}: ${cause(why)}.`,
      };
    }
    return { tone, seq, text: `The call was ended by ${by(who)}${stands}${flow} after ${after}: ${cause(why)}.` };
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

const BLAME: Record<Phase, [what: string, next: string]> = {
  wait: [
    "no answer or waiting for a free connection",
    "See whether the application takes as many requests at once as there are calls.",
  ],
  dns: ["the name look-up", "Look at the server's resolver, or put the host's address into the URL."],
  connect: ["the connection", "See how far away the application is, and whether it accepts connections in time."],
  tls: ["the TLS handshake", "Let the application keep connections open."],
  first_byte: ["the application, up to its headers", "Let it answer first and do the rest afterwards."],
  body: ["the answer's body", "Let it answer with less."],
};

function slow(url: string, line: Extract<Line, { event: "callout_ended" }>, tries: Asking["tries"]): Finding {
  const last = tries.reduce<Asking["tries"][number] | undefined>(
    (most, made) => (!most || made.took_ms > most.took_ms ? made : most),
    undefined,
  );
  const most = last && longest(phases(last.at_ms, last.took_ms, last.trace));
  const text = `The caller waited ${span(line.took_ms)} for ${url}`;
  if (!most) return { tone: "warn", text: `${text}.`, seq: line.seq };
  const [what, next] = BLAME[most.phase];
  return { tone: "warn", text: `${text}; ${span(most.to - most.from)} of it was ${what}.`, next, seq: line.seq };
}
