import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { ApiFault } from "../../api/client";
import { type Applet, type Flow, flows } from "../../api/flows";
import { useMay } from "../../api/role";
import { find } from "../../flow/find";
import type { Path } from "../../flow/path";
import { type Diagnostic, tally } from "../../flow/problems";
import { Busy } from "../../ui/Busy";
import { Canvas } from "./Canvas";
import { Chooser, type Question } from "./Chooser";
import { Discard } from "./Discard";
import { draw } from "./drawn";
import { Inspector } from "./Inspector";
import { Keys } from "./Keys";
import { Overtaken } from "./Overtaken";
import { Palette } from "./Palette";
import { Problems } from "./Problems";
import { Publish } from "./Publish";
import { Rehearse } from "./Rehearse";
import { Toolbar } from "./Toolbar";
import { STILL, useActions } from "./useActions";
import { useAgainst } from "./useAgainst";
import { useCompiled } from "./useCompiled";
import { textOf, useSaved } from "./useSaved";
import { Versions } from "./Versions";
import { useWork } from "./work";

const TextPane = lazy(() => import("./TextPane"));

/** On a narrow screen one pane is seen at a time. */
const PANES = [
  ["canvas", "Canvas"],
  ["steps", "Steps"],
  ["text", "YAML"],
  ["step", "Settings"],
  ["below", "Problems"],
] as const;
type Pane = (typeof PANES)[number][0];

type Open = "publish" | "versions" | "discard" | "keys" | null;

/** Where a flow is built: steps at the left, the canvas, the selected step at the right, problems and rehearsals below. */
export function Workbench({ first, applets }: { first: Flow; applets: readonly Applet[] }) {
  const [flow, setFlow] = useState(first);
  const [work, doing] = useWork(textOf(first));
  const text = work.history.now;
  const { saving, flush, rebase, overtaken } = useSaved(flow, text);
  const may = useMay("author");
  const { compiled: fresh, error } = useCompiled(text);
  const compiled = useMemo(
    () => (may ? fresh : { nodes: [], diagnostics: flow.diagnostics }),
    [may, fresh, flow.diagnostics],
  );
  const [search, setSearch] = useSearchParams();
  const [path, setPath] = useState<Path | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const [opened, setOpened] = useState<Open>(null);
  const [pane, setPane] = useState<Pane>("canvas");
  const queries = useQueryClient();
  const others = useQuery({ queryKey: ["flows"], queryFn: flows.list });

  const byName = useMemo(() => new Map(applets.map((one) => [one.name, one])), [applets]);
  const { graph, selected, fault } = work;
  const differs = useAgainst(flow, graph);
  const drawing = useMemo(
    () => draw({ graph, applets: byName, compiled, path, against: differs, wired: !may }),
    [graph, byName, compiled, path, differs, may],
  );
  const problems = useMemo(() => compiled?.diagnostics ?? [], [compiled]);
  const editing = useActions({ work, drawing, applets: byName, doing, ask: setQuestion });
  const actions = useMemo(() => (may ? editing : { ...STILL, copied: editing.copied }), [may, editing]);
  const node = selected.length === 1 ? graph.nodes.find(({ name }) => name === selected[0]) : undefined;

  const below = may && search.get("below") === "rehearse" ? "rehearse" : "problems";
  const left = !may || search.get("left") === "text" ? "text" : "steps";
  const put = (key: string, value: string) =>
    setSearch((now) => new URLSearchParams([...[...now].filter(([name]) => name !== key), [key, value]]), {
      replace: true,
    });

  const open = () => {
    setPane("step");
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".pane.right [role=tab][tabindex='0']")?.focus());
  };
  const findStep = () =>
    setQuestion({
      title: "Find a step",
      options: find(graph.nodes, "").map(({ name, applet, fields }) => ({
        value: name,
        label: name,
        help: `${byName.get(applet)?.title ?? applet} ${Object.values(fields).map(String).join(" ")}`.slice(0, 90),
      })),
      choose: (name) => doing.select([name]),
    });
  const goTo = (problem: Diagnostic) => {
    if (problem.node) doing.select([problem.node]);
    else put("left", "text");
    setPane(problem.node ? "canvas" : "text");
    setLine(problem.line);
  };
  const [line, setLine] = useState<number | null>(null);

  const take = useCallback(
    (now: Flow) => {
      setFlow(now);
      rebase(now);
      doing.load(textOf(now));
      void queries.invalidateQueries({ queryKey: ["versions", now.name] });
    },
    [rebase, doing, queries],
  );
  const reload = useCallback(() => flows.show(flow.name).then(take), [flow.name, take]);
  const keep = (theirs: Flow) => {
    take(theirs);
    doing.load(text);
  };
  const go = useNavigate();
  const discarded = async () => {
    await queries.invalidateQueries({ queryKey: ["flows"] });
    if (!flow.published) return go("/flows");
    await reload();
    setOpened(null);
  };

  const rehearse = () => {
    put("below", below === "rehearse" && pane !== "canvas" ? "problems" : "rehearse");
    setPane("below");
  };
  return (
    <div className="workbench" data-pane={pane} data-left={left} data-below={below}>
      <Toolbar
        flow={flow}
        saving={saving}
        changed={text !== (flow.published?.document ?? "")}
        against={differs}
        counts={tally(problems)}
        canUndo={work.history.past.length > 0}
        canRedo={work.history.future.length > 0}
        may={may}
        rehearsing={below === "rehearse"}
        act={{
          undo: doing.undo,
          redo: doing.redo,
          arrange: actions.arrangeAll,
          find: findStep,
          copy: () => void navigator.clipboard?.writeText(actions.copied()),
          keys: () => setOpened("keys"),
          rehearse,
          versions: () => setOpened("versions"),
          discard: () => setOpened("discard"),
          publish: () => setOpened("publish"),
          problems: () => {
            put("below", "problems");
            setPane("below");
          },
        }}
      />
      {saving.state === "overtaken" && <Overtaken flow={flow} text={text} take={take} keep={keep} />}
      {fault && (
        <div className="fault" role="alert">
          Line {fault.line} cannot be read: {fault.message}. The canvas shows the flow as it was; put the text right to
          go on.
        </div>
      )}
      {error !== null && error !== undefined && (
        <div className="fault">
          {error instanceof ApiFault ? error.problem.title : "The compiler does not answer"}: problems may be old.
        </div>
      )}
      <nav className="panes" aria-label="Panes">
        {PANES.filter(([name]) => may || name !== "steps").map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={pane === name}
            onClick={() => {
              setPane(name);
              if (name === "text" || name === "steps") put("left", name);
            }}
          >
            {name === "below" && below === "rehearse" ? "Rehearse" : label}
          </button>
        ))}
      </nav>
      <section className="pane left" aria-label="Steps and text">
        {may && (
          <div className="row tight switcher">
            <button type="button" aria-pressed={left === "steps"} onClick={() => put("left", "steps")}>
              Steps
            </button>
            <button type="button" aria-pressed={left === "text"} onClick={() => put("left", "text")}>
              YAML
            </button>
          </div>
        )}
        {left === "steps" ? (
          <Palette
            applets={applets}
            add={(applet) => {
              actions.addStep(applet);
              setPane("canvas");
            }}
          />
        ) : (
          <Suspense fallback={<Busy what="the editor" />}>
            <TextPane
              text={text}
              problems={problems}
              line={node?.line ?? line}
              fixed={!may}
              change={(now) => doing.edit(() => now, { mark: "text" })}
              undo={doing.undo}
              redo={doing.redo}
            />
          </Suspense>
        )}
      </section>
      <section className="pane middle" aria-label="Canvas">
        <Canvas
          drawing={drawing}
          selected={selected}
          follow={path?.last ?? null}
          fixed={!may}
          actions={actions}
          select={doing.select}
          undo={doing.undo}
          redo={doing.redo}
          open={open}
          find={findStep}
          help={() => setOpened("keys")}
        />
      </section>
      <section className="pane right" aria-label="The selected step">
        <Inspector
          graph={graph}
          node={node}
          count={selected.length}
          applet={node && byName.get(node.applet)}
          ports={node && drawing.ports.get(node.name)}
          problems={problems}
          flows={(others.data ?? []).map(({ name }) => name)}
          actions={actions}
          doing={doing}
          locked={fault !== null || !may}
        />
      </section>
      <section className="pane below" aria-label={below === "rehearse" ? "Rehearsal" : "Problems"}>
        {below === "rehearse" ? (
          <Rehearse name={flow.name} graph={graph} text={text} show={setPath} />
        ) : (
          <Problems problems={problems} go={goTo} />
        )}
      </section>
      {question && (
        <Chooser
          key={question.title}
          question={question}
          close={() => setQuestion((now) => (now === question ? null : now))}
        />
      )}
      {opened === "keys" && <Keys close={() => setOpened(null)} />}
      {opened === "versions" && (
        <Versions name={flow.name} text={text} restored={reload} close={() => setOpened(null)} />
      )}
      {opened === "discard" && (
        <Discard name={flow.name} flush={flush} done={discarded} close={() => setOpened(null)} />
      )}
      {opened === "publish" && (
        <Publish
          name={flow.name}
          before={flow.published?.document ?? ""}
          text={text}
          flush={flush}
          done={reload}
          overtaken={overtaken}
          close={() => setOpened(null)}
        />
      )}
    </div>
  );
}
