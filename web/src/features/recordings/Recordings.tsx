import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { span } from "../../journal/span";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { type Field, Filters, useFilters } from "../../ui/Filters";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";
import { Player } from "../../ui/Player";
import { Rows } from "../../ui/Rows";
import { type Filter, NAMES, useRecordings } from "./useRecordings";
import "./recordings.css";

const FIELDS: readonly Field[] = [
  { name: "mailbox", label: "Mailbox", kind: "text" },
  { name: "since", label: "Since", kind: "moment" },
  { name: "before", label: "Before", kind: "moment" },
];

/** What was recorded, newest first, and a player for the one that is chosen. */
export default function Recordings() {
  const [params] = useSearchParams();
  const filter: Filter = useFilters(NAMES);
  const chosen = params.get("listen");
  return (
    <div className="stack recordings">
      <h1>Recordings</h1>
      <Chosen sid={chosen} />
      <Filters fields={FIELDS} />
      <List filter={filter} chosen={chosen} />
    </div>
  );
}

function List({ filter, chosen }: { filter: Filter; chosen: string | null }) {
  const list = useRecordings(filter);
  if (list.error) return <Fault error={list.error} again={list.again} />;
  if (list.pending) return <Busy what="recordings" />;
  if (list.items.length === 0) return <None filter={filter} />;
  return (
    <Rows
      label="Recordings"
      className="recording-cells"
      head={
        <>
          <span>Began</span>
          <span>From</span>
          <span>To</span>
          <span>Kind</span>
          <span className="right">Length</span>
        </>
      }
      items={list.items}
      keyOf={({ name }) => name}
      row={(item) => <Row item={item} chosen={item.call === chosen} />}
      more={list.more}
    />
  );
}

/** Nothing to list, and what to do. */
function None({ filter: { mailbox, since, before } }: { filter: Filter }) {
  if (since || before) return <Empty title="No recording fits." next="Clear a filter, or look at another time." />;
  if (mailbox)
    return (
      <Empty
        title={`No message in mailbox ${mailbox}.`}
        next="A voicemail with that mailbox leaves its messages here."
      />
    );
  return (
    <Empty
      title="No recording yet."
      next={
        <>
          A <code>voicemail</code> records a message, a <code>connect</code> with <code>record: dual</code> a
          conversation.
        </>
      }
    />
  );
}

function Row({ item, chosen }: { item: Schemas["RecordedView"]; chosen: boolean }) {
  const [params] = useSearchParams();
  const search = new URLSearchParams(params);
  search.set("listen", item.call);
  return (
    <Link className="cells" to={`?${search}`} replace preventScrollReset aria-current={chosen ? "true" : undefined}>
      <Moment at={item.created} />
      <span className="cut">{item.from ?? item.call}</span>
      <span className="cut">{item.to}</span>
      <span className="cut faint">{item.mailbox ? `message for ${item.mailbox}` : (item.flow ?? "")}</span>
      <span className="right">{item.state === "ready" ? span(item.duration_ms) : item.state}</span>
    </Link>
  );
}

/** The recordings of the chosen call. The place is kept while none is chosen, so that nothing moves. */
function Chosen({ sid }: { sid: string | null }) {
  const one = useQuery({
    queryKey: ["calls", sid, "recordings"],
    queryFn: () => data(api.GET("/api/v1/calls/{sid}/recordings", { params: { path: { sid: sid ?? "" } } })),
    enabled: sid !== null,
  });
  return (
    <section className="sheet chosen" aria-label="Player">
      {sid === null ? (
        <p className="faint">Choose a recording to hear it.</p>
      ) : one.isError ? (
        <Fault error={one.error} again={() => one.refetch()} />
      ) : one.isPending ? (
        <Busy what="the recording" />
      ) : (
        <>
          {one.data.recordings.length === 0 && <p className="faint">This call has no recording.</p>}
          {one.data.recordings.map((recording) =>
            recording.state === "ready" ? (
              <Player key={recording.name} recording={recording} />
            ) : (
              <p key={recording.name}>
                <Pill tone={recording.state === "failed" ? "bad" : "warn"}>{recording.state}</Pill>{" "}
                {WHY[recording.state]}
              </p>
            ),
          )}
          <p className="whence">
            <Link to={`/calls/${encodeURIComponent(sid)}`}>The call it is of</Link>
          </p>
        </>
      )}
    </section>
  );
}

const WHY: Record<string, string> = {
  recording: "It runs still.",
  encoding: "It is being made an MP3 of.",
  failed: "It could not be written; the call's explanation says why.",
  removed: "It was kept for as long as recordings are.",
};
