import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { standing } from "../../callout/state";
import { endpoint } from "../../journal/line";
import { span } from "../../journal/span";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Filters, useFilters } from "../../ui/Filters";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";
import { Rows } from "../../ui/Rows";
import { Dead } from "./Dead";
import { asQuery, type Filter, fields, NAMES } from "./filter";
import "./callouts.css";

const Latency = lazy(() => import("./Latency"));

const PAGE = 200;

/** What URLs were asked and told, and how long they took. */
export default function Callouts() {
  const filter: Filter = useFilters(NAMES);
  const flows = useQuery({ queryKey: ["flows"], queryFn: () => data(api.GET("/api/v1/flows", {})) });
  const list = useInfiniteQuery({
    queryKey: ["callouts", "list", filter],
    queryFn: ({ pageParam }) => {
      const query = { ...asQuery(filter), limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return data(api.GET("/api/v1/callouts", { params: { query } }));
    },
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  return (
    <div className="stack callouts">
      <div className="row spread">
        <h1>Callouts</h1>
        <div className="row">
          <Dead filter={filter} />
          <button type="button" onClick={() => list.refetch()} disabled={list.isFetching}>
            Refresh
          </button>
        </div>
      </div>
      <Filters fields={fields(flows.data?.flows.map(({ name }) => name) ?? [])} />
      <List list={list} narrowed={Object.keys(filter).length > 0} />
      <Suspense fallback={<Busy what="latency" />}>
        <Latency filter={filter} />
      </Suspense>
    </div>
  );
}

interface Listed {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  data: { pages: Schemas["CalloutPage"][] } | undefined;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  refetch: () => void;
  fetchNextPage: () => void;
}

function List({ list, narrowed }: { list: Listed; narrowed: boolean }) {
  const pages = list.data?.pages;
  const callouts = useMemo(() => (pages ?? []).flatMap((page) => page.callouts), [pages]);
  if (list.isPending) return <Busy what="callouts" />;
  if (list.isError) return <Fault error={list.error} again={list.refetch} />;
  if (callouts.length === 0)
    return narrowed ? (
      <Empty title="No callout fits." next="Clear a filter, or look at another time." />
    ) : (
      <Empty
        title="No callout yet."
        next="A passthru in a flow asks your URL, or tells it: place a call that comes to one."
      />
    );
  return (
    <Rows
      label="Callouts"
      className="callout-cells"
      head={
        <>
          <span>Asked</span>
          <span>Outcome</span>
          <span>URL</span>
          <span>Node</span>
          <span className="right">Took</span>
          <span className="right">Tries</span>
        </>
      }
      items={callouts}
      keyOf={({ id }) => id}
      row={(callout) => <Row callout={callout} />}
      more={list.hasNextPage && !list.isFetchingNextPage ? list.fetchNextPage : undefined}
    />
  );
}

function Row({ callout }: { callout: Schemas["Callout"] }) {
  const { text, tone } = standing(callout);
  return (
    <Link className="cells" to={`/callouts/${encodeURIComponent(callout.id)}`}>
      <Moment at={callout.created} />
      <span className="cut">
        <Pill tone={tone}>{text}</Pill>
      </span>
      <span className="cut mono">
        {callout.method} {endpoint(callout.url)}
      </span>
      <span className="cut faint">
        {callout.flow && `${callout.flow} · `}
        {callout.node ?? "the API"}
        {callout.kind === "async" && ", report"}
      </span>
      <span className="right">{callout.took_ms != null && span(callout.took_ms)}</span>
      <span className="right faint">{callout.attempts}</span>
    </Link>
  );
}
