import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { type Applet, type Flow, flows } from "../../api/flows";
import { useJournal } from "../../api/useJournal";
import { read } from "../../flow/graph";
import { pathOf, stepsOf, versionOf } from "../../flow/path";
import { whereabouts } from "../../journal/whereabouts";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import { Live } from "../../ui/Live";
import { Pill } from "../../ui/Pill";
import { Words } from "../../ui/Words";
import { Canvas } from "./Canvas";
import { draw } from "./drawn";
import { STILL } from "./useActions";
import { useCompiled } from "./useCompiled";

const NONE = () => {};

/** The way that a call took, on the version of the flow that it ran; followed while the call goes on. */
export function CallPath({ call, flow, applets }: { call: string; flow: Flow; applets: readonly Applet[] }) {
  const journal = useJournal(call);
  const { lines } = journal;
  const over = lines.some(({ event }) => event === "ended");
  const version = versionOf(lines, flow.name);
  const ran = useQuery({
    queryKey: ["version", flow.name, version],
    queryFn: () => flows.version(flow.name, version ?? 0),
    enabled: version !== null && version !== flow.published?.version,
    retry: false,
  });
  const text = ran.data?.document ?? flow.published?.document ?? flow.draft?.document ?? "";
  const { compiled } = useCompiled(text);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const steps = useMemo(() => stepsOf(lines, flow.name), [lines, flow.name]);
  const drawing = useMemo(() => {
    const graph = read(text).graph ?? { name: "", start: "", nodes: [] };
    return draw({ graph, applets: new Map(applets.map((one) => [one.name, one])), compiled, path: pathOf(steps) });
  }, [text, applets, compiled, steps]);
  const here = steps.at(-1)?.node ?? null;
  if (journal.error) return <Fault error={journal.error} again={journal.retry} />;
  if (!journal.loaded || ran.isLoading) return <Busy what={`the call ${call}`} />;
  const other = version !== null && ran.isError;
  return (
    <div className={over ? "workbench seen" : "workbench seen running"}>
      <header className="toolbar">
        <div className="row tight">
          <Link to={`/flows/${encodeURIComponent(flow.name)}`}>{flow.name}</Link>
          <h1>
            The way of call <Link to={`/calls/${encodeURIComponent(call)}`}>{call.slice(0, 12)}…</Link>
          </h1>
          {!over && <Live />}
          {version !== null && <Pill>ran version {version}</Pill>}
          {other && <Pill tone="warn">which is not kept any more: this is the present one</Pill>}
        </div>
        <p className="whereabouts" role="status">
          <Words text={whereabouts(lines, flow.name)} />
        </p>
      </header>
      <section className="pane middle" aria-label="Canvas">
        <Canvas
          drawing={drawing}
          selected={selected}
          follow={over ? null : here}
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
        {steps.length === 0 && (
          <p className="faint">
            {over ? "The call took no step of this flow." : "The call has come to no step of this flow yet."}
          </p>
        )}
        <ol className="steps">
          {steps.map(({ node, exit }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            <li key={at} aria-current={!over && at === steps.length - 1 ? "step" : undefined}>
              <button type="button" className="plain" onClick={() => setSelected([node])}>
                <strong>{node}</strong>
                <span className="faint">
                  {exit != null ? ` → ${exit}` : over ? " is where it ended" : " is where it stands"}
                </span>
              </button>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}
