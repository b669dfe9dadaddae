import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { api, data, type Schemas } from "../../api/client";
import { useJournal } from "../../api/useJournal";
import { explain } from "../../journal/explain";
import type { Line } from "../../journal/line";
import { timeline } from "../../journal/tracks";
import { Busy } from "../../ui/Busy";
import { Fault } from "../../ui/Fault";
import { Tabs } from "../../ui/Tabs";
import { Asked } from "./Asked";
import { Clock } from "./Clock";
import { Cursor, CursorProvider } from "./cursor";
import { DENSITIES, type Density, Events } from "./Events";
import { Explanation } from "./Explanation";
import { Head } from "./Head";
import { Signalling } from "./Signalling";
import { useNow } from "./useNow";
import "./call.css";

/** One call: what happened, on one clock, in words, and with all that was asked. */
export default function Call() {
  const { sid = "" } = useParams();
  const journal = useJournal(sid);
  const { lines } = journal;
  const over = lines.some(({ event }) => event === "ended");
  const call = useQuery({
    queryKey: ["calls", sid, over, lines.some(({ event }) => event === "answered")],
    queryFn: () => data(api.GET("/api/v1/calls/{sid}", { params: { path: { sid } } })),
    placeholderData: (before) => before,
  });
  if (call.isError) return <Fault error={call.error} again={() => call.refetch()} />;
  if (journal.error) return <Fault error={journal.error} again={journal.retry} />;
  if (call.isPending || !journal.loaded) return <Busy what="the call" />;
  return <Loaded call={call.data} lines={lines} came={journal.came} over={over} />;
}

function Loaded({
  call,
  lines,
  came,
  over,
}: {
  call: Schemas["Call"];
  lines: readonly Line[];
  came: number;
  over: boolean;
}) {
  const drawn = useMemo(() => timeline(lines), [lines]);
  const findings = useMemo(() => explain(lines), [lines]);
  const now = useNow(lines.at(-1)?.at_ms ?? 0, came, !over);
  const recordings = useRecordings(call.sid, drawn.recordings.size, lines.length);
  const cursor = useSharedCursor();
  const [params, setParams] = useSearchParams();
  const put = (name: string, value: string) =>
    setParams(
      (before) => {
        before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const asked = useMemo(
    () => lines.filter(({ event }) => event === "callout_started" || event === "notify_queued").length,
    [lines],
  );
  const version = useMemo(() => lines.filter(({ event }) => /^(callout|notify)_/.test(event)).length, [lines]);
  const tabs = [
    { id: "events", label: "Events" },
    { id: "callouts", label: `Callouts (${asked})` },
    { id: "ladder", label: "SIP ladder" },
  ];
  const open = tabs.find(({ id }) => id === params.get("tab"))?.id ?? "events";
  const density = DENSITIES.find((one) => one === params.get("density")) ?? "summary";
  return (
    <CursorProvider value={cursor}>
      <div className="stack">
        <Head call={call} lines={lines} now={now} />
        <Explanation findings={findings} momentOf={(seq) => lines[seq]?.at_ms ?? 0} />
        <Clock timeline={drawn} now={over ? drawn.last : now} recordings={recordings} />
        <section className="sheet" aria-label="Details">
          <Tabs label="Details" tabs={tabs} open={open} choose={(id) => put("tab", id)}>
            {open === "events" && (
              <>
                <Densities chosen={density} choose={(one) => put("density", one)} />
                <Events lines={lines} density={density} />
              </>
            )}
            {open === "callouts" && (
              <Asked
                sid={call.sid}
                version={version}
                open={params.get("callout") ?? ""}
                choose={(id) => put("callout", id)}
              />
            )}
            {open === "ladder" && <Signalling sid={call.sid} lines={lines} over={over} />}
          </Tabs>
        </section>
      </div>
    </CursorProvider>
  );
}

const LABELS: Record<Density, string> = { summary: "Summary", all: "All", json: "JSON" };

function Densities({ chosen, choose }: { chosen: Density; choose: (density: Density) => void }) {
  return (
    <fieldset className="segments">
      <legend className="sr-only">How much of the journal</legend>
      {DENSITIES.map((one) => (
        <label key={one}>
          <input type="radio" name="density" checked={one === chosen} onChange={() => choose(one)} />
          <span>{LABELS[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The cursor of the page; the address bar has its moment once it stands still. */
function useSharedCursor(): Cursor {
  const [params, setParams] = useSearchParams();
  const [cursor] = useState(() => {
    const made = new Cursor();
    made.at = Math.max(0, Number(params.get("at")) || 0);
    return made;
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = cursor.listen(() => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        setParams(
          (before) => {
            before.set("at", String(Math.round(cursor.at)));
            return before;
          },
          { replace: true },
        );
      }, 400);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [cursor, setParams]);
  return cursor;
}

/** The call's recordings, once it has some; asked again while one is being made. */
function useRecordings(sid: string, count: number, version: number): readonly Schemas["RecordingView"][] {
  const list = useQuery({
    queryKey: ["calls", sid, "recordings", count > 0 && version],
    queryFn: () => data(api.GET("/api/v1/calls/{sid}/recordings", { params: { path: { sid } } })),
    enabled: count > 0,
    placeholderData: (before) => before,
    refetchInterval: ({ state }) =>
      state.data?.recordings.some((one) => one.state === "recording" || one.state === "encoding") ? 2_000 : false,
  });
  return list.data?.recordings ?? [];
}
