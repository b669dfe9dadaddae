import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { span } from "../../journal/span";
import { Busy } from "../../ui/Busy";
import { Empty } from "../../ui/Empty";
import { Fault } from "../../ui/Fault";
import { type Field, Filters } from "../../ui/Filters";
import { Moment } from "../../ui/Moment";
import { Pill } from "../../ui/Pill";
import { Player } from "../../ui/Player";
import { Rows } from "../../ui/Rows";
import { type Listed, useRecordings } from "./useRecordings";
import "./recordings.css";

const FIELDS: readonly Field[] = [{ name: "mailbox", label: "Mailbox", kind: "text" }];

/** What was recorded, newest first, and a player for the one that is chosen. */
export default function Recordings() {
  const [params] = useSearchParams();
  const mailbox = params.get("mailbox") ?? "";
  const chosen = params.get("listen");
  return (
    <div className="stack recordings">
      <h1>Recordings</h1>
      <Chosen sid={chosen} />
      <Filters fields={FIELDS} />
      <List mailbox={mailbox} chosen={chosen} />
    </div>
  );
}

function List({ mailbox, chosen }: { mailbox: string; chosen: string | null }) {
  const list = useRecordings(mailbox);
  const { items, more } = list;
  useEffect(() => {
    if (items.length === 0) more?.();
  }, [items.length, more]);
  if (list.error) return <Fault error={list.error} again={list.again} />;
  if (list.pending || (items.length === 0 && !list.whole)) return <Busy what="recordings" />;
  if (items.length === 0)
    return mailbox ? (
      <Empty
        title={`No message in mailbox ${mailbox}.`}
        next="A voicemail with that mailbox leaves its messages here."
      />
    ) : (
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
      items={items}
      keyOf={({ name }) => name}
      row={(item) => <Row item={item} mailbox={mailbox} chosen={item.call === chosen} />}
      more={more}
    />
  );
}

function Row({ item, mailbox, chosen }: { item: Listed; mailbox: string; chosen: boolean }) {
  const search = new URLSearchParams({ ...(mailbox ? { mailbox } : {}), listen: item.call });
  return (
    <Link className="cells" to={`?${search}`} replace preventScrollReset aria-current={chosen ? "true" : undefined}>
      <Moment at={item.created} />
      <span className="cut">{item.from ?? item.call}</span>
      <span className="cut">{item.to}</span>
      <span className="cut faint">{item.mailbox ? `message for ${item.mailbox}` : (item.flow ?? "")}</span>
      <span className="right">{item.duration === null ? "" : span(item.duration)}</span>
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
