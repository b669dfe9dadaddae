import { MORE } from "../../flow/arrange";
import type { FlowNode, Graph } from "../../flow/graph";
import type { Ports } from "../../flow/ports";
import type { Actions } from "./useActions";

const NEW = "\0new";

/** Where each exit leads, as a form: all that the canvas does with a mouse. */
export function Exits({
  graph,
  node,
  ports,
  actions,
}: {
  graph: Graph;
  node: FlowNode;
  ports: Ports | undefined;
  actions: Actions;
}) {
  if (!ports || (ports.drawn.length === 0 && ports.more.length === 0 && !ports.open)) {
    return <p className="faint">This step has no exits: the call ends or goes elsewhere here.</p>;
  }
  const names = graph.nodes.map(({ name }) => name);
  const lead = (exit: string, to: string) => {
    if (to === "") actions.unwire(node.name, exit);
    else if (to === NEW) actions.promptAdd({ node: node.name, exit });
    else actions.wire(node.name, exit, to);
  };
  return (
    <div className="stack form">
      {ports.drawn.map(({ name, to, required }) => {
        const id = `exit-${name}`;
        const lost = to !== null && !names.includes(to);
        return (
          <div key={name} className="field exit">
            <label htmlFor={id}>
              {name}
              {required && to === null && <span className="field-problem error"> must be wired</span>}
              {lost && <span className="field-problem error"> there is no step {to}</span>}
            </label>
            <span className="row tight">
              <select id={id} value={to ?? ""} onChange={({ target }) => lead(name, target.value)}>
                <option value="">leads nowhere</option>
                {lost && <option value={to}>{to}</option>}
                {names.map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
                <option value={NEW}>a new step…</option>
              </select>
              {to !== null && !lost && (
                <button
                  type="button"
                  className="small"
                  aria-label={`Put a step between ${node.name} and ${to}`}
                  title="Put a step between"
                  onClick={() => actions.promptInsert(node.name, name, to)}
                >
                  +
                </button>
              )}
            </span>
          </div>
        );
      })}
      {(ports.more.length > 0 || ports.open) && (
        <button type="button" onClick={() => actions.promptAdd({ node: node.name, exit: MORE })}>
          Wire another exit
        </button>
      )}
    </div>
  );
}
