import { memo } from "react";
import { Link } from "react-router";
import type { Schemas } from "../../api/client";
import { span } from "../../journal/span";
import { standing } from "../../journal/standing";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";

/** The names of a row's cells. */
export function CallHead() {
  return (
    <>
      <span>Arrived</span>
      <span>From</span>
      <span>To</span>
      <span>Flow</span>
      <span>State</span>
      <span className="right">Lasted</span>
    </>
  );
}

/** A call in a list; it leads to the call. */
export const CallRow = memo(function CallRow({ call, over = false }: { call: Schemas["Call"]; over?: boolean }) {
  const { text, tone } = standing(call);
  return (
    <Link className={over ? "cells over" : "cells"} to={`/calls/${encodeURIComponent(call.sid)}`}>
      <Moment at={call.created} />
      <span className="cut">{call.from}</span>
      <span className="cut">{call.to}</span>
      <span className="cut faint">
        {call.flow ?? "no flow"}
        {call.node && ` · ${call.node}`}
      </span>
      <span className="cut">{over ? <Pill>over</Pill> : <Pill tone={tone}>{text}</Pill>}</span>
      <span className="right faint">{call.duration_ms != null && span(call.duration_ms)}</span>
    </Link>
  );
});
