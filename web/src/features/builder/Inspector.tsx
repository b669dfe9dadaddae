import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { Applet } from "../../api/flows";
import { canAlign, WAYS, type Way } from "../../flow/align";
import * as edits from "../../flow/edit";
import { fieldsOf } from "../../flow/form";
import type { FlowNode, Graph } from "../../flow/graph";
import type { Ports } from "../../flow/ports";
import { type Diagnostic, ofField } from "../../flow/problems";
import { Empty } from "../../ui/Empty";
import { Exits } from "./Exits";
import { FieldView, type SetField } from "./FieldView";
import { Prose } from "./Prose";
import type { Actions } from "./useActions";
import type { Doing } from "./work";

const TABS = ["Config", "Exits", "Help"] as const;

export type InspectorProps = {
  graph: Graph;
  node: FlowNode | undefined;
  count: number;
  applet: Applet | undefined;
  ports: Ports | undefined;
  problems: readonly Diagnostic[];
  flows: readonly string[];
  actions: Actions;
  doing: Doing;
  locked: boolean;
};

/** The selected step: its settings, where its exits lead, and what its applet does. */
export function Inspector(props: InspectorProps) {
  const { node, count } = props;
  const [tab, setTab] = useState<(typeof TABS)[number]>("Config");
  const list = useRef<HTMLDivElement>(null);
  if (!node) {
    if (count > 1 && !props.locked) return <Several {...props} />;
    return (
      <Empty
        title={count > 1 ? `${count} steps are selected.` : "No step is selected."}
        next="Choose one on the canvas."
      />
    );
  }
  const key = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length] ?? tab;
    setTab(next);
    list.current?.querySelector<HTMLElement>(`#inspect-${next}`)?.focus();
  };
  return (
    <>
      <div role="tablist" aria-label="The step" className="tabs" ref={list} onKeyDown={key}>
        {TABS.map((name) => (
          <button
            key={name}
            id={`inspect-${name}`}
            type="button"
            role="tab"
            aria-selected={tab === name}
            aria-controls="inspected"
            tabIndex={tab === name ? 0 : -1}
            onClick={() => setTab(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="inspected" aria-labelledby={`inspect-${tab}`} className="inspected">
        <fieldset disabled={props.locked} className="bare">
          {tab === "Config" && <Config key={node.name} {...props} node={node} />}
          {tab === "Exits" && <Exits {...props} node={node} />}
          {tab === "Help" && <Help applet={props.applet} />}
        </fieldset>
      </div>
    </>
  );
}

/** What is done to several steps at once. */
function Several({ count, actions }: InspectorProps) {
  return (
    <div className="inspected">
      <div className="several">
        <h2>{count} steps are selected</h2>
        {(Object.keys(WAYS) as Way[]).map((way) => (
          <button key={way} type="button" disabled={!canAlign(way, count)} onClick={() => actions.align(way)}>
            {WAYS[way]}
          </button>
        ))}
        <button type="button" className="danger" onClick={actions.removeSelected}>
          Delete the steps
        </button>
        <p className="faint">Drag one to move them all. With the keyboard, G puts them in line.</p>
      </div>
    </div>
  );
}

type OfNode = InspectorProps & { node: FlowNode };

function Config({ graph, node, applet, problems, flows, actions, doing, locked }: OfNode) {
  const fields = useMemo(() => (applet ? fieldsOf(applet.schema) : []), [applet]);
  const set: SetField = (path, value) =>
    doing.edit((text) => edits.setField(text, node.name, path, value), { mark: `${node.name} ${path.join(".")}` });
  const own = problems.filter((problem) => problem.node === node.name);
  const general = own.filter(
    ({ path }) => !fields.some((field) => ofField(own, node.name, field.name).some((p) => p.path === path)),
  );
  return (
    <div className="stack form">
      <NodeName graph={graph} node={node} doing={doing} />
      <NodeNote node={node} doing={doing} />
      {general.map((problem) => (
        <div key={problem.path + problem.message} className={`problem ${problem.severity}`}>
          <Prose text={problem.message} />
          {problem.hint && (
            <div className="faint">
              <Prose text={problem.hint} />
            </div>
          )}
        </div>
      ))}
      {node.applet === "passthru" && <AsyncSwitch node={node} set={set} />}
      {fields
        .filter(({ name }) => !(node.applet === "passthru" && name === "async"))
        .map((field) => (
          <FieldView
            key={field.name}
            field={field}
            value={node.fields[field.name]}
            path={[field.name]}
            set={set}
            flows={flows}
            problems={ofField(own, node.name, field.name)}
          />
        ))}
      {fields.length === 0 && <p className="faint">This step has no settings.</p>}
      {!locked && (
        <div className="row">
          {graph.start !== node.name && (
            <button type="button" onClick={() => doing.edit((text) => edits.setStart(text, node.name))}>
              Begin here
            </button>
          )}
          <button type="button" className="danger" onClick={() => actions.remove([node.name])}>
            Delete the step
          </button>
        </div>
      )}
    </div>
  );
}

/** The switch that people know by its name; the exits change with it. */
function AsyncSwitch({ node, set }: { node: FlowNode; set: SetField }) {
  const on = node.fields.async === true;
  return (
    <div className="field switch prominent">
      <label htmlFor="passthru-async">Make Passthru Async</label>
      <input
        id="passthru-async"
        type="checkbox"
        role="switch"
        checked={on}
        aria-checked={on}
        aria-describedby="passthru-async-help"
        onChange={({ target }) => set(["async"], target.checked || undefined)}
      />
      <span id="passthru-async-help" className="field-help">
        {on
          ? "The URL is told, the call does not wait: it goes on by exit next."
          : "The call waits for the URL's answer, which picks the exit: 200, or else."}
      </span>
    </div>
  );
}

/** The name, which changes when it is left: each letter would be another name. */
function NodeName({ graph, node, doing }: Pick<OfNode, "graph" | "node" | "doing">) {
  const [name, setName] = useState(node.name);
  const taken = name !== node.name && graph.nodes.some((one) => one.name === name);
  const rename = () => {
    if (!name.trim() || taken || name === node.name) return setName(node.name);
    doing.edit((text) => edits.renameNode(text, node.name, name), { select: [name] });
  };
  return (
    <div className="field">
      <label htmlFor="node-name">Name of the step</label>
      <input
        id="node-name"
        value={name}
        maxLength={64}
        aria-invalid={taken}
        onChange={({ target }) => setName(target.value)}
        onBlur={rename}
        onKeyDown={(event) => event.key === "Enter" && rename()}
      />
      {taken && <span className="field-problem error">There is such a step already.</span>}
    </div>
  );
}

/** The comment above the step. */
function NodeNote({ node: { name, note }, doing }: Pick<OfNode, "node" | "doing">) {
  const rows = Math.min(8, (note ?? "").split("\n").length + 1);
  const write = (now: string) => doing.edit((text) => edits.setNote(text, name, now), { mark: `${name} note` });
  return (
    <div className="field">
      <label htmlFor="node-note">Note</label>
      <textarea
        id="node-note"
        rows={rows}
        value={note ?? ""}
        disabled={note === null}
        aria-describedby="node-note-help"
        onChange={({ target }) => write(target.value)}
      />
      <span id="node-note-help" className="field-help">
        {note === null
          ? "This document is written in braces, which have no place for comments."
          : "For those who read the flow: it is the comment above the step in the YAML."}
      </span>
    </div>
  );
}

function Help({ applet }: { applet: Applet | undefined }) {
  if (!applet) return <Empty title="There is no such applet." next="Choose another in the text, at `applet:`." />;
  return (
    <div className="stack">
      <h2>{applet.title}</h2>
      <p>{applet.summary}</p>
      {applet.exits.length > 0 && (
        <>
          <h3>Exits</h3>
          <ul>
            {applet.exits.map((exit) => (
              <li key={exit}>
                <code>{exit}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Example</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="scroll" tabIndex={0} aria-label="Example of a flow">
        <pre>{applet.example}</pre>
      </section>
    </div>
  );
}
