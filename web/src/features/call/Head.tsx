import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { useMay } from "../../api/role";
import { cause } from "../../journal/cause";
import type { Line } from "../../journal/line";
import { span } from "../../journal/span";
import { standing } from "../../journal/standing";
import { Confirm } from "../../ui/Confirm";
import { Copy } from "../../ui/Copy";
import { Fault } from "../../ui/Fault";
import { Live } from "../../ui/Live";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";

/** Who called whom, by which flow, how it stands or ended. */
export function Head({ call, lines, now }: { call: Schemas["Call"]; lines: readonly Line[]; now: number }) {
  const { text, tone } = standing(call);
  const may = useMay("author");
  const running = call.ended == null;
  const flow = lines.findLast((line) => line.event === "flow_started" || line.event === "flow_resumed");
  return (
    <header className="call-head">
      <div className="row spread">
        <h1>
          {call.from} <span aria-hidden="true">→</span> <span className="sr-only">to</span> {call.to}
        </h1>
        <div className="row">
          {running && <Live />}
          {flow && "version" in flow && flow.version > 0 && (
            <Link
              className="button"
              to={`/flows/${encodeURIComponent(flow.flow)}?call=${encodeURIComponent(call.sid)}`}
            >
              {running ? "Follow on the canvas" : "Its way on the canvas"}
            </Link>
          )}
          <Copy text={call.sid}>Copy id</Copy>
          {running && may && <HangUp sid={call.sid} />}
        </div>
      </div>
      <p className="row facts">
        <span role="status">
          <Pill tone={tone}>{text}</Pill>
        </span>
        {call.cause && <span>{cause(call.cause.value)}</span>}
        <span>{span(call.duration_ms ?? now)}</span>
        {flow && "version" in flow && (
          <span>
            flow <Link to={`/calls?flow=${encodeURIComponent(flow.flow)}`}>{flow.flow}</Link>, version {flow.version}
          </span>
        )}
        <span>
          {call.direction}, <Moment at={call.created} />
        </span>
        <code className="faint">{call.sid}</code>
      </p>
    </header>
  );
}

function HangUp({ sid }: { sid: string }) {
  const [asking, ask] = useState(false);
  const end = useMutation({
    mutationFn: () => data(api.POST("/api/v1/calls/{sid}/hangup", { params: { path: { sid } } })),
    onSuccess: () => ask(false),
  });
  return (
    <>
      <button type="button" className="danger" onClick={() => ask(true)} disabled={end.isSuccess}>
        {end.isSuccess ? "Hanging up" : "Hang up"}
      </button>
      {asking && (
        <Confirm
          title="Hang up this call?"
          act="Hang up"
          acting={end.isPending}
          done={() => end.mutate()}
          refuse={() => ask(false)}
        >
          <p>All its parties are let go. The flow goes on without them.</p>
          {end.isError && <Fault error={end.error} />}
        </Confirm>
      )}
    </>
  );
}
