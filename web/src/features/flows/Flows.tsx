import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { type FlowSummary, flows } from "../../api/flows";
import { useMay } from "../../api/role";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Pill } from "../../ui/Pill";
import { NewFlow } from "./NewFlow";

/** All flows: what runs, where it answers, what is wrong. */
export default function Flows() {
  const list = useQuery({ queryKey: ["flows"], queryFn: flows.list });
  const may = useMay("author");
  const [making, setMaking] = useState(false);
  if (list.isPending) return <Busy what="flows" />;
  if (list.isError) return <Fault error={list.error} again={() => list.refetch()} />;
  return (
    <>
      <div className="row spread">
        <h1>Flows</h1>
        {may && (
          <button type="button" className="primary" onClick={() => setMaking(true)}>
            New flow
          </button>
        )}
      </div>
      {making && <NewFlow close={() => setMaking(false)} />}
      {list.data.length === 0 ? (
        <Empty
          title="No flow yet."
          next="A flow says what happens to a call, step by step. Make one with “New flow”, or put a document into the flows' folder."
        />
      ) : (
        <div className="sheet scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Flow</th>
                <th scope="col">State</th>
                <th scope="col" className="number">
                  Version
                </th>
                <th scope="col" className="number">
                  Steps
                </th>
                <th scope="col">Numbers</th>
              </tr>
            </thead>
            <tbody>
              {list.data.map((flow) => (
                <Row key={flow.name} flow={flow} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Row({ flow }: { flow: FlowSummary }) {
  const { name, version, nodes, numbers, diagnostics } = flow;
  return (
    <tr>
      <td>
        <Link to={`/flows/${encodeURIComponent(name)}`}>{name}</Link>
        {diagnostics[0] !== undefined && <div className="faint">{diagnostics[0]}</div>}
      </td>
      <td>
        <span className="row">
          {version == null ? <Pill>not published</Pill> : <Pill tone="good">published</Pill>}
          {flow.draft && <Pill tone="warn">draft</Pill>}
          {diagnostics.length > 0 && (
            <Pill tone="bad">{diagnostics.length === 1 ? "1 problem" : `${diagnostics.length} problems`}</Pill>
          )}
        </span>
      </td>
      <td className="number">{version ?? "–"}</td>
      <td className="number">{nodes}</td>
      <td className="mono">{numbers.length > 0 ? numbers.join(", ") : <span className="faint">none</span>}</td>
    </tr>
  );
}
