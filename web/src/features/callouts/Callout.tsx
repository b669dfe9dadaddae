import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { standing } from "../../callout/state";
import { endpoint } from "../../journal/line";
import { span } from "../../journal/span";
import { Busy } from "../../ui/Busy";
import { Copy } from "../../ui/Copy";
import { Exchange } from "../../ui/Exchange";
import { Fault } from "../../ui/Fault";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";
import { Again } from "./Again";
import { Compare } from "./Compare";
import "./callouts.css";

/** One callout: what was asked, what was answered, and how to send it again. */
export default function Callout() {
  const { id = "" } = useParams();
  const one = useQuery({
    queryKey: ["callouts", id],
    queryFn: () => data(api.GET("/api/v1/callouts/{id}", { params: { path: { id } } })),
    refetchInterval: ({ state }) => (owed(state.data) ? 1_000 : false),
  });
  if (one.isPending) return <Busy what="the callout" />;
  if (one.isError) return <Fault error={one.error} again={() => one.refetch()} />;
  return (
    <div className="stack callout">
      <Head callout={one.data} />
      <Again key={one.data.id} callout={one.data} />
      <section className="sheet" aria-label="Requests and answers">
        <Exchange callout={one.data} />
      </section>
      <Compare key={`compare ${one.data.id}`} callout={one.data} />
    </div>
  );
}

function owed(callout: Schemas["CalloutView"] | undefined): boolean {
  return callout?.state === "waiting" || callout?.state === "running";
}

function Head({ callout }: { callout: Schemas["CalloutView"] }) {
  const { text, tone } = standing(callout);
  return (
    <header>
      <div className="row spread">
        <h1>
          <span className="mono">
            {callout.method} {endpoint(callout.url)}
          </span>
        </h1>
        <Copy text={callout.id}>Copy id</Copy>
      </div>
      <p className="row facts">
        <span role="status">
          <Pill tone={tone}>{text}</Pill>
        </span>
        <span>{callout.kind === "async" ? "a report" : "the call waited for it"}</span>
        {callout.took_ms != null && <span>{span(callout.took_ms)}</span>}
        <span>
          {callout.attempts} {callout.attempts === 1 ? "try" : "tries"}
        </span>
        <span>
          {callout.flow && `flow ${callout.flow}, `}
          {callout.node && `node ${callout.node}, `}
          <Moment at={callout.created} />
        </span>
        {callout.due && (
          <span>
            next try <Moment at={callout.due} />
          </span>
        )}
        <Link to={`/calls/${encodeURIComponent(callout.call)}?tab=callouts&callout=${encodeURIComponent(callout.id)}`}>
          its call
        </Link>
      </p>
    </header>
  );
}
