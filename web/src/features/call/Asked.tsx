import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { standing } from "../../callout/state";
import { endpoint } from "../../journal/line";
import { span } from "../../journal/span";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Exchange } from "../../ui/Exchange";
import { Fault } from "../../ui/Fault";
import { Pill } from "../../ui/Pill";

/** What was asked for the call, each with its requests and answers. */
export function Asked({
  sid,
  version,
  open,
  choose,
}: {
  sid: string;
  version: number;
  open: string;
  choose: (id: string) => void;
}) {
  const list = useQuery({
    queryKey: ["calls", sid, "callouts", version],
    queryFn: () => data(api.GET("/api/v1/calls/{sid}/callouts", { params: { path: { sid }, query: { limit: 1000 } } })),
    placeholderData: (before) => before,
  });
  if (list.isPending) return <Busy what="callouts" />;
  if (list.isError) return <Fault error={list.error} again={() => list.refetch()} />;
  const callouts = list.data.callouts.toReversed();
  if (callouts.length === 0)
    return <Empty title="This call asked nothing." next="A passthru in its flow asks your URL, or tells it." />;
  return (
    <ul className="asked">
      {callouts.map((callout) => (
        <li key={callout.id}>
          <details open={callout.id === open} onToggle={(event) => event.currentTarget.open && choose(callout.id)}>
            <summary>
              <Summary callout={callout} />
            </summary>
            {callout.id === open && <One id={callout.id} version={version} />}
          </details>
        </li>
      ))}
    </ul>
  );
}

function Summary({ callout }: { callout: Schemas["Callout"] }) {
  const { text, tone } = standing(callout);
  return (
    <>
      <Pill tone={tone}>{text}</Pill> <code>{callout.node}</code>{" "}
      <span className="mono url">
        {callout.method} {endpoint(callout.url)}
      </span>{" "}
      <span className="faint">
        {callout.kind === "async" ? "report" : "waited for"}
        {callout.took_ms != null && `, ${span(callout.took_ms)}`}
        {callout.attempts > 1 && `, ${callout.attempts} tries`}
      </span>
    </>
  );
}

function One({ id, version }: { id: string; version: number }) {
  const one = useQuery({
    queryKey: ["callouts", id, version],
    queryFn: () => data(api.GET("/api/v1/callouts/{id}", { params: { path: { id } } })),
    placeholderData: (before) => before,
  });
  if (one.isPending) return <Busy what="the callout" />;
  if (one.isError) return <Fault error={one.error} again={() => one.refetch()} />;
  return (
    <div className="stack">
      <Exchange callout={one.data} />
      <Link to={`/callouts/${encodeURIComponent(id)}`}>Open it alone, or send it again</Link>
    </div>
  );
}
