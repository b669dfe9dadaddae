import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Flow } from "../../api/flows";
import { type Against, told } from "../../flow/against";
import type { Tally } from "../../flow/problems";
import { Pill } from "../../ui/Pill";
import type { Saving } from "./useSaved";

export type ToolbarProps = {
  flow: Flow;
  saving: Saving;
  changed: boolean;
  /** How the draft differs from what runs. */
  against: Against | null;
  counts: Tally;
  canUndo: boolean;
  canRedo: boolean;
  /** Whether something can be changed. */
  may: boolean;
  rehearsing: boolean;
  act: Record<
    | "undo"
    | "redo"
    | "arrange"
    | "copy"
    | "find"
    | "keys"
    | "rehearse"
    | "versions"
    | "discard"
    | "publish"
    | "problems",
    () => void
  >;
};

/** The flow's name, how it stands, and what can be done with it. */
export function Toolbar({
  flow,
  saving,
  changed,
  against,
  counts,
  canUndo,
  canRedo,
  may,
  rehearsing,
  act,
}: ToolbarProps) {
  return (
    <header className="toolbar">
      <div className="row tight">
        <Link to="/flows" aria-label="All flows">
          Flows
        </Link>
        <span aria-hidden="true">/</span>
        <h1>{flow.name}</h1>
        {flow.published ? <Pill tone="good">version {flow.published.version}</Pill> : <Pill>not published</Pill>}
        {changed && <Pill tone="warn">draft</Pill>}
        {changed && against && (
          <span className="faint saving" title={against.gone.length > 0 ? `Gone: ${against.gone.join(", ")}` : ""}>
            {told(against)}
          </span>
        )}
        <span className="faint saving" role="status">
          {SAID[saving.state]}
        </span>
      </div>
      <div className="row tight" role="toolbar" aria-label="Flow">
        {may && (
          <>
            <Tool label="Undo" title="Undo (Ctrl+Z)" press={act.undo} disabled={!canUndo}>
              ↶
            </Tool>
            <Tool label="Redo" title="Redo (Ctrl+Shift+Z)" press={act.redo} disabled={!canRedo}>
              ↷
            </Tool>
            <Tool label="Arrange" title="Arrange all steps (L)" press={act.arrange} />
          </>
        )}
        <Tool label="Find" title="Find a step (Ctrl+K)" press={act.find} />
        <Tool label="Copy" title="Copy the selected steps as text (Ctrl+C)" press={act.copy} />
        <Tool label="Keys" title="All keys (?)" press={act.keys} />
        <button type="button" className={counts.errors > 0 ? "danger" : ""} onClick={act.problems}>
          {troubles(counts)}
        </button>
        <button type="button" onClick={act.versions}>
          Versions
        </button>
        {may && (
          <>
            {changed && (
              <button type="button" disabled={saving.state === "overtaken"} onClick={act.discard}>
                Discard draft
              </button>
            )}
            <button type="button" aria-pressed={rehearsing} onClick={act.rehearse}>
              Rehearse
            </button>
            {flow.published && (
              <Link className="button" to={`/phone?flow=${encodeURIComponent(flow.name)}`}>
                Call it
              </Link>
            )}
            <button
              type="button"
              className="primary"
              disabled={!changed || counts.errors > 0}
              title={counts.errors > 0 ? "Put the errors right first" : changed ? "" : "What runs is what stands here"}
              onClick={act.publish}
            >
              Publish
            </button>
          </>
        )}
      </div>
    </header>
  );
}

const SAID: Record<Saving["state"], string> = {
  saved: "",
  waiting: "not saved yet",
  saving: "saving…",
  overtaken: "not saved: changed elsewhere",
  failed: "not saved",
};

function troubles({ errors, warnings }: Tally): string {
  if (errors + warnings === 0) return "No problems";
  const parts = [
    errors > 0 && `${errors} ${errors === 1 ? "error" : "errors"}`,
    warnings > 0 && `${warnings} ${warnings === 1 ? "warning" : "warnings"}`,
  ];
  return parts.filter(Boolean).join(", ");
}

type ToolProps = { label: string; title: string; press: () => void; disabled?: boolean; children?: ReactNode };

function Tool({ label, title, press, disabled = false, children }: ToolProps) {
  return (
    <button type="button" className="tool" aria-label={label} title={title} disabled={disabled} onClick={press}>
      {children ?? label}
    </button>
  );
}
