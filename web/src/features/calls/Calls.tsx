import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data } from "../../api/client";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Filters, useFilters } from "../../ui/Filters";
import { Live } from "../../ui/Live";
import { Rows } from "../../ui/Rows";
import { CallHead, CallRow } from "./CallRow";
import { Export } from "./Export";
import { type Filter, fields, NAMES } from "./filter";
import { useCalls, useRunning } from "./useCalls";
import "./calls.css";

/** All calls: those that run on top, the others below, newest first. */
export default function Calls() {
  const filter: Filter = useFilters(NAMES);
  const flows = useQuery({ queryKey: ["flows"], queryFn: () => data(api.GET("/api/v1/flows", {})) });
  const names = flows.data?.flows.map(({ name }) => name) ?? [];
  const { list, newer, refresh } = useCalls(filter);
  return (
    <div className="stack calls">
      <div className="row spread">
        <h1>Calls</h1>
        <div className="row">
          <Live />
          <Export filter={filter} />
          <button type="button" onClick={refresh} className={newer > 0 ? "primary" : ""}>
            {newer > 0 ? `${newer} came since: refresh` : "Refresh"}
          </button>
        </div>
      </div>
      <Filters fields={fields(names)} />
      <Running filter={filter} />
      <List list={list} narrowed={Object.keys(filter).length > 0} />
    </div>
  );
}

/** The calls that run, in a place of its own height: nothing below it moves. */
function Running({ filter }: { filter: Filter }) {
  const running = useRunning(filter);
  const count = running.filter(({ over }) => !over).length;
  return (
    <section className="rows call-cells running" aria-label="Calls that run">
      <div className="head-line">
        {count === 0 ? "No call runs now" : `${count} ${count === 1 ? "call runs" : "calls run"} now`}
      </div>
      <ul>
        {running.map(({ call, over }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a place stays where it is while calls come and go.
          <li key={place}>
            <CallRow call={call} over={over} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function List({ list, narrowed }: { list: ReturnType<typeof useCalls>["list"]; narrowed: boolean }) {
  const pages = list.data?.pages;
  const calls = useMemo(() => (pages ?? []).flatMap((page) => page.calls), [pages]);
  if (list.isPending) return <Busy what="calls" />;
  if (list.isError) return <Fault error={list.error} again={() => list.refetch()} />;
  if (calls.length === 0)
    return narrowed ? (
      <Empty title="No call fits." next="Clear a filter, or look at another time." />
    ) : (
      <Empty
        title="No call yet."
        next={
          <>
            Place one: <code>passthru call 08044444444</code>
          </>
        }
      />
    );
  return (
    <Rows
      label="Calls"
      className="call-cells"
      head={<CallHead />}
      items={calls}
      keyOf={({ sid }) => sid}
      row={(call) => <CallRow call={call} />}
      more={list.hasNextPage && !list.isFetchingNextPage ? list.fetchNextPage : undefined}
    />
  );
}
