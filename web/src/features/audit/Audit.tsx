import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { Filters, useFilters } from "../../ui/Filters";
import { Moment } from "../../ui/Moment";
import { FIELDS, NAMES } from "./filter";
import { pageOf } from "./page";

const PAGE = 100;

/** Who changed what, newest first. */
export default function Audit() {
  const filter = useFilters(NAMES);
  const log = useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) => {
      const query = { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return data(api.GET("/api/v1/audit", { params: { query } }));
    },
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const lines = log.data?.pages.flatMap((page) => page.lines);
  return (
    <div className="stack">
      <div className="row spread">
        <h1>Audit</h1>
        <button type="button" onClick={() => log.refetch()} disabled={log.isFetching}>
          Refresh
        </button>
      </div>
      <Filters fields={FIELDS} />
      {log.isPending && <Busy what="changes" />}
      {log.isError && <Fault error={log.error} again={() => log.refetch()} />}
      {lines && <Lines lines={lines} narrowed={Object.keys(filter).length > 0} />}
      {log.hasNextPage && (
        <button
          type="button"
          onClick={() => log.fetchNextPage()}
          disabled={log.isFetchingNextPage}
          style={{ alignSelf: "start" }}
        >
          {log.isFetchingNextPage ? "One moment…" : "Show older ones"}
        </button>
      )}
    </div>
  );
}

function Lines({ lines, narrowed }: { lines: Schemas["AuditLine"][]; narrowed: boolean }) {
  if (lines.length === 0)
    return narrowed ? (
      <Empty title="No change fits." next="Clear a filter, or look at another time." />
    ) : (
      <Empty title="Nothing has been changed yet." next="Publish a flow, make a key or add somebody: it stands here." />
    );
  return (
    <section className="scroll" aria-label="Changes">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">To what</th>
            <th scope="col">More</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no names, and are only ever added to at the end.
            <Line key={at} {...line} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Line({ at, author, action, subject, detail }: Schemas["AuditLine"]) {
  const page = pageOf(action, subject);
  return (
    <tr>
      <td>
        <Moment at={at} />
      </td>
      <td>{author}</td>
      <td>{action}</td>
      <td>{page ? <Link to={page}>{subject}</Link> : subject}</td>
      <td className="faint">{detail}</td>
    </tr>
  );
}
