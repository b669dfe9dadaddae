import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { type Applet, type Flow, flows } from "../../api/flows";
import { read } from "../../flow/graph";
import { pathOf, stepsOf, versionOf } from "../../flow/path";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import { Pill } from "../../ui/Pill";
import { Canvas } from "./Canvas";
import { draw } from "./drawn";
import { STILL } from "./useActions";
import { useCompiled } from "./useCompiled";

const NONE = () => {};

/** The way that a call took, on the version of the flow that it ran. */
export function CallPath({ call, flow, applets }: { call: string; flow: Flow; applets: readonly Applet[] }) {
  const journal = useQuery({ queryKey: ["journal", call], queryFn: () => flows.journal(call) });
  const version = journal.data ? versionOf(journal.data, flow.name) : null;
  const ran = useQuery({
    queryKey: ["version", flow.name, version],
    queryFn: () => flows.version(flow.name, version ?? 0),
    enabled: version !== null && version !== flow.published?.version,
    retry: false,
  });
  const text = ran.data?.document ?? flow.published?.document ?? flow.draft?.document ?? "";
  const { compiled } = useCompiled(text);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const steps = useMemo(() => stepsOf(journal.data ?? [], flow.name), [journal.data, flow.name]);
  const drawing = useMemo(() => {
    const graph = read(text).graph ?? { name: "", start: "", nodes: [] };
    return draw({ graph, applets: new Map(applets.map((one) => [one.name, one])), compiled, path: pathOf(steps) });
  }, [text, applets, compiled, steps]);
  if (journal.isPending || ran.isLoading) return <Busy what={`the call ${call}`} />;
  if (journal.isError) return <Fault error={journal.error} again={() => journal.refetch()} />;
  const other = version !== null && ran.isError;
  return (
    <div className="workbench seen">
      <header className="toolbar">
        <div className="row tight">
          <Link to={`/flows/${encodeURIComponent(flow.name)}`}>{flow.name}</Link>
          <h1>
            The way of call <Link to={`/calls/${encodeURIComponent(call)}`}>{call.slice(0, 12)}…</Link>
          </h1>
          {version !== null && <Pill>ran version {version}</Pill>}
          {other && <Pill tone="warn">which is not kept any more: this is the present one</Pill>}
        </div>
      </header>
      <section className="pane middle" aria-label="Canvas">
        <Canvas
          drawing={drawing}
          selected={selected}
          fixed
          actions={STILL}
          select={setSelected}
          undo={NONE}
          redo={NONE}
          open={NONE}
          find={NONE}
          help={NONE}
        />
      </section>
      <section className="pane right" aria-label="Steps of the call">
        <h2>Steps</h2>
        {steps.length === 0 && <p className="faint">The call took no step of this flow.</p>}
        <ol className="steps">
          {steps.map(({ node, exit }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            <li key={at}>
              <button type="button" className="plain" onClick={() => setSelected([node])}>
                <strong>{node}</strong>
                <span className="faint">{exit == null ? " is where it ended" : ` → ${exit}`}</span>
              </button>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}
