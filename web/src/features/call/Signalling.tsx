import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type SipMessage, sipOf } from "../../api/sip";
import { ladder, type Rung } from "../../journal/ladder";
import { type Line, parties } from "../../journal/line";
import { Busy } from "../../ui/Busy";
import { Copy } from "../../ui/Copy";
import { Fault } from "../../ui/Fault";
import { Rungs } from "./Rungs";

/** The call as a ladder: by its SIP messages, raw text beside, or by its journal from a server that keeps none. */
export function Signalling({ sid, lines, over }: { sid: string; lines: readonly Line[]; over: boolean }) {
  const sip = useQuery({
    queryKey: ["calls", sid, "sip", over],
    queryFn: () => sipOf(sid),
    refetchInterval: over ? false : 2_000,
  });
  const journal = useMemo(() => ladder(lines), [lines]);
  if (sip.isPending) return <Busy what="SIP messages" />;
  if (sip.isError) return <Fault error={sip.error} again={() => sip.refetch()} />;
  if (sip.data === null || sip.data.messages.length === 0)
    return (
      <>
        <p className="faint">
          {sip.data === null
            ? "This server keeps no SIP messages. The ladder is read from the journal."
            : "No SIP message of this call is kept any more. The ladder is read from the journal."}
        </p>
        <Rungs columns={journal.columns} rungs={journal.rungs} />
      </>
    );
  return <Messages messages={sip.data.messages} left={sip.data.left_out} lines={lines} />;
}

function Messages({
  messages,
  left,
  lines,
}: {
  messages: readonly SipMessage[];
  left: number;
  lines: readonly Line[];
}) {
  const [chosen, choose] = useState(messages[0]?.n ?? 0);
  const { columns, rungs } = useMemo(() => drawn(messages, lines), [messages, lines]);
  const shown = messages.find(({ n }) => n === chosen);
  return (
    <div className="signalling">
      <div>
        <Rungs columns={columns} rungs={rungs} chosen={chosen} choose={choose} />
        {left > 0 && <p className="faint">{left} more are not kept.</p>}
      </div>
      {shown && (
        <section aria-label="Message">
          <div className="row spread">
            <p className="faint">
              {shown.direction === "sent" ? "To" : "From"} {shown.remote} by {shown.transport}
              {shown.retransmission && ", sent again"}
            </p>
            <Copy text={shown.raw}>Copy</Copy>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls is reached by the keyboard. */}
          <pre tabIndex={0}>{shown.raw}</pre>
        </section>
      )}
    </div>
  );
}

function drawn(messages: readonly SipMessage[], lines: readonly Line[]): { columns: string[]; rungs: Rung[] } {
  const names = parties(lines);
  const legs = [...new Set(messages.map(({ leg }) => leg))].filter((leg) => leg !== 0).sort((a, b) => a - b);
  const columns = [names.get(0) ?? "Caller", "passthru", ...legs.map((leg) => names.get(leg) ?? `Party ${leg}`)];
  const rungs = messages.map((message): Rung => {
    const other = message.leg === 0 ? 0 : legs.indexOf(message.leg) + 2;
    const [from, to] = message.direction === "sent" ? [1, other] : [other, 1];
    const text = `${message.start_line.replace(/^SIP\/2\.0 /, "").replace(/ sips?:.*$/, "")}${message.retransmission ? " (again)" : ""}`;
    const status = message.status ?? 0;
    const tone = message.retransmission
      ? "warn"
      : status >= 400
        ? "bad"
        : status >= 200 && status < 300
          ? "good"
          : "plain";
    return { at: message.at_ms, seq: message.n, from, to, text, tone };
  });
  return { columns, rungs };
}
