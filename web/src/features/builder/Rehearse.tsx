import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useMemo, useState } from "react";
import { flows, type Rehearsal } from "../../api/flows";
import type { Graph } from "../../flow/graph";
import { ownSteps, type Path, pathOf } from "../../flow/path";
import { hearsKeys, presses, sitesOf, targetsOf } from "../../flow/rehearsal";
import { type Reply, told, wrong } from "../../flow/reply";
import { Fault } from "../../ui/Fault";
import { Replies } from "./Replies";

/** From one step of the path to the next. */
const STEP_MS = 450;

const MANNERS = ["after:4s", "after:4s talks:30s", "busy", "rings", "rejects:603"];

export type RehearseProps = {
  name: string;
  graph: Graph;
  text: string;
  show: (path: Path | null) => void;
};

/** Plays a call through the draft: who presses what, what each site answers, who picks up. The path lights up on the canvas. */
export function Rehearse({ name, graph, text, show }: RehearseProps) {
  const [keys, setKeys] = useState("");
  const [caller, setCaller] = useState("");
  const [number, setNumber] = useState("");
  const [web, setWeb] = useState<Record<string, Reply[]>>({});
  const [answer, setAnswer] = useState<Record<string, string>>({});
  const sites = useMemo(() => sitesOf(graph), [graph]);
  const targets = useMemo(() => targetsOf(graph), [graph]);
  const run = useMutation({ mutationFn: flows.rehearse });
  const { data } = run;
  const at = usePlayed(data);
  useEffect(() => show(data ? pathOf(ownSteps(data.steps), at) : null), [data, at, show]);
  useEffect(() => () => show(null), [show]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    run.mutate({
      document: text,
      press: presses(keys),
      web: told(sites, web),
      answer: only(answer, targets),
      ...(caller.trim() && { caller: caller.trim() }),
      ...(number.trim() && { number: number.trim() }),
    });
  };
  const unfit = sites.some((site) => (web[site] ?? []).some((reply) => wrong(reply) !== null));
  return (
    <div className="rehearse">
      <form onSubmit={submit} className="stack form">
        {hearsKeys(graph) && (
          <div className="field">
            <label htmlFor="rehearse-keys">Keys that the caller presses</label>
            <input
              id="rehearse-keys"
              value={keys}
              placeholder="1, 42#, -"
              aria-describedby="rehearse-keys-help"
              onChange={({ target }) => setKeys(target.value)}
            />
            <span id="rehearse-keys-help" className="field-help">
              One entry for each step that waits for keys; a dash lets it wait in vain.
            </span>
          </div>
        )}
        <div className="who">
          <label>
            Who calls
            <input value={caller} placeholder="+919900000001" onChange={({ target }) => setCaller(target.value)} />
          </label>
          <label>
            Which number
            <input value={number} placeholder="+918044444444" onChange={({ target }) => setNumber(target.value)} />
          </label>
        </div>
        {sites.length > 0 && (
          <fieldset className="field">
            <legend>What each URL answers</legend>
            {sites.map((site) => (
              <Replies
                key={site}
                site={site}
                replies={web[site] ?? []}
                set={(replies) => setWeb((now) => ({ ...now, [site]: replies }))}
              />
            ))}
            <span className="field-help">Several are said in turn, to a second try too; the last one stays.</span>
          </fieldset>
        )}
        <Parts
          legend="What each target does"
          names={targets}
          choices={MANNERS}
          fallback="is not there"
          parts={answer}
          set={setAnswer}
        />
        <div className="row">
          <button type="submit" className="primary" disabled={run.isPending || unfit}>
            {run.isPending ? "Rehearsing…" : "Rehearse"}
          </button>
          {data && (
            <button type="button" onClick={() => run.reset()}>
              Clear
            </button>
          )}
        </div>
        {run.isError && <Fault error={run.error} />}
      </form>
      {data && <Played name={name} rehearsal={data} at={at} />}
      {!data && !run.isError && (
        <p className="faint">A rehearsal plays a whole call in no time: nobody is called, no site is asked.</p>
      )}
    </div>
  );
}

function only(parts: Record<string, string>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).filter(([name, part]) => part !== "" && names.includes(name)));
}

type PartsProps = {
  legend: string;
  names: readonly string[];
  choices: readonly string[];
  fallback: string;
  parts: Record<string, string>;
  set: (parts: Record<string, string>) => void;
};

function Parts({ legend, names, choices, fallback, parts, set }: PartsProps) {
  if (names.length === 0) return null;
  const list = `parts ${legend}`.replace(/\W/g, "-");
  return (
    <fieldset className="field">
      <legend>{legend}</legend>
      {names.map((name) => (
        <label key={name}>
          <code>{name}</code>
          <input
            list={list}
            value={parts[name] ?? ""}
            placeholder={fallback}
            onChange={({ target }) => set({ ...parts, [name]: target.value })}
          />
        </label>
      ))}
      <datalist id={list}>
        {choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </fieldset>
  );
}

/** How many steps are shown: one more each moment; all at once for those who want nothing to move. */
function usePlayed(data: Rehearsal | undefined): number {
  const [at, setAt] = useState(0);
  useEffect(() => {
    const count = data?.steps.length ?? 0;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    setAt(still ? count : Math.min(1, count));
    if (still || count === 0) return;
    const timer = setInterval(() => setAt((now) => Math.min(count, now + 1)), STEP_MS);
    return () => clearInterval(timer);
  }, [data]);
  return at;
}

function Played({ name, rehearsal, at }: { name: string; rehearsal: Rehearsal; at: number }) {
  const { steps, ladder, requests, cause, troubles, strangers, test } = rehearsal;
  const over = at >= steps.length;
  const lines = grown(ladder, steps.length === 0 ? 1 : at / steps.length);
  return (
    <div className="played">
      <ol className="steps" aria-label="Steps of the call">
        {steps.slice(0, at).map(({ node, exit, flow }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
          <li key={index}>
            <strong>{node}</strong>
            {exit != null && <span className="faint"> → {exit}</span>}
            {flow != null && <span className="faint"> ⇒ flow {flow}</span>}
          </li>
        ))}
      </ol>
      <p role="status">
        {over ? `The call ended: ${cause?.name ?? cause?.value ?? "it came to no flow"}.` : "The call runs…"}
      </p>
      {over &&
        troubles.map((trouble) => (
          <div key={trouble} className="problem error">
            {trouble}
          </div>
        ))}
      {over && strangers.length > 0 && (
        <div className="problem warning">Not named, so not there: {strangers.join(", ")}</div>
      )}
      <details open>
        <summary>Ladder</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section className="scroll ladder" tabIndex={0} aria-label="Ladder">
          <pre>{lines}</pre>
        </section>
      </details>
      {requests.length > 0 && (
        <details>
          <summary>{requests.length === 1 ? "1 request" : `${requests.length} requests`}</summary>
          {requests.map((request, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a request is its place
            <details key={index} className="request">
              <summary>
                <code>
                  {request.method} {request.url}
                </code>
              </summary>
              <dl>
                {Object.entries(request.fields).map(([field, value]) => (
                  <div key={field}>
                    <dt className="mono">{field}</dt>
                    <dd className="mono">{[value].flat().join(", ")}</dd>
                  </div>
                ))}
              </dl>
            </details>
          ))}
        </details>
      )}
      <details>
        <summary>Save as test file</summary>
        <p className="faint">
          Keep it beside the flow as <code>{name}.test.yaml</code>; <code>passthru rehearse flows/</code> plays it.
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the same */}
        <section className="scroll" tabIndex={0} aria-label="Test file">
          <pre>{test}</pre>
        </section>
        <div className="row">
          <button type="button" onClick={() => void navigator.clipboard?.writeText(test)}>
            Copy
          </button>
          <a
            className="button"
            download={`${name}.test.yaml`}
            href={`data:application/yaml;charset=utf-8,${encodeURIComponent(test)}`}
          >
            Download
          </a>
        </div>
      </details>
    </div>
  );
}

/** The ladder grows with the path. */
function grown(ladder: string, part: number): string {
  const lines = ladder.trimEnd().split("\n");
  return lines.slice(0, Math.ceil(lines.length * part)).join("\n");
}
