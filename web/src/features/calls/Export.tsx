import { useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { csv } from "./csv";
import type { Filter } from "./filter";
import { all } from "./useCalls";

/** Calls in one file. */
const MOST = 100_000;

const COLUMNS = [
  "sid",
  "direction",
  "from",
  "to",
  "flow",
  "state",
  "created",
  "answered",
  "ended",
  "duration_ms",
  "billable_ms",
  "ended_by",
  "node",
  "recording",
  "dialled",
  "callouts",
  "callouts_failed",
  "faults",
  "events",
] as const satisfies readonly (keyof Schemas["Call"])[];

/** Saves all calls that fit as CSV. */
export function Export({ filter }: { filter: Filter }) {
  const [state, setState] = useState<number | string | null>(null);
  const stop = useRef<AbortController | null>(null);
  const save = async () => {
    const stopper = new AbortController();
    stop.current = stopper;
    setState(0);
    try {
      const calls = await all(filter, MOST, setState, stopper.signal);
      if (!stopper.signal.aborted) keep(calls);
      setState(null);
    } catch {
      setState("The server did not answer. Try again.");
    }
  };
  if (typeof state === "number")
    return (
      <span className="row" role="status">
        {state} calls read
        <button type="button" onClick={() => stop.current?.abort()}>
          Stop
        </button>
      </span>
    );
  return (
    <span className="row">
      {state && <span role="alert">{state}</span>}
      <button type="button" onClick={save}>
        Save as CSV
      </button>
    </span>
  );
}

function keep(calls: readonly Schemas["Call"][]) {
  const head = [...COLUMNS, "cause", "cause_name"];
  const rows = calls.map((call) => [...COLUMNS.map((name) => call[name]), call.cause?.value, call.cause?.name]);
  const url = URL.createObjectURL(new Blob([csv(head, rows)], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `calls-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
