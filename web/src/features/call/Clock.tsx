import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { PHASES } from "../../journal/phases";
import type { Timeline } from "../../journal/tracks";
import { moved, reach, showing, type View, x, zoomed } from "../../journal/view";
import { Crosshair } from "./Crosshair";
import { useCursor } from "./cursor";
import { Ruler } from "./Ruler";
import { TrackRow } from "./TrackRow";
import { useWidth } from "./useWidth";
import { Wave } from "./Wave";

type Recording = Schemas["RecordingView"];

/** What of the row is its name, in pixels; above it where there is no room beside. */
const NAME = 148;
const NARROW = 620;

/** The whole call on one clock. What the pointer shows in one track it shows in all. */
export function Clock({
  timeline,
  now,
  recordings,
}: {
  timeline: Timeline;
  now: number;
  recordings: readonly Recording[];
}) {
  const cursor = useCursor();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const beside = width >= NARROW;
  const inner = Math.max(1, width - (beside ? NAME : 0));
  const [late, setLate] = useState(false);
  const whole = useWhole(timeline, now, late);
  const [chosen, setChosen] = useState<View | null>(null);
  const view = chosen ? moved(chosen, 0, whole) : whole;

  useEffect(
    () => cursor.listen(() => setChosen((before) => before && showing(before, cursor.at, whole))),
    [cursor, whole],
  );

  const zoom = useCallback(
    (factor: number, about = cursor.at) =>
      setChosen((before) => {
        const next = zoomed(before ?? whole, factor, about, whole);
        return next.to - next.from >= whole.to - whole.from ? null : next;
      }),
    [cursor, whole],
  );
  useWheel(frame, (event) => {
    const from = (frame.current?.getBoundingClientRect().right ?? 0) - inner;
    const at = view.from + ((event.clientX - from) / inner) * (view.to - view.from);
    if (event.ctrlKey || event.metaKey) zoom(event.deltaY > 0 ? 1.25 : 0.8, at);
    else if (chosen && Math.abs(event.deltaX) > Math.abs(event.deltaY))
      setChosen(moved(view, (event.deltaX / inner) * (view.to - view.from), whole));
    else return false;
    return true;
  });
  const marks = useMemo(() => moments(timeline), [timeline]);
  const keys = (event: KeyboardEvent) => {
    const to = keyed(
      event.key,
      cursor.at,
      event.shiftKey ? (view.to - view.from) / 10 : (view.to - view.from) / 100,
      whole,
      marks,
    );
    if (to !== null) cursor.move(to, "clock");
    else if (event.key === "+" || event.key === "=") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (event.key === "0") setChosen(null);
    else return;
    event.preventDefault();
  };
  const asked = timeline.tracks.some(({ id }) => id === "callouts");
  return (
    <section className="sheet clock" aria-label="The call on one clock">
      <div className="row spread">
        <h2>On one clock</h2>
        <div className="row">
          {timeline.last > timeline.end + 50 && timeline.over && (
            <label className="inline">
              <input type="checkbox" checked={late} onChange={(event) => setLate(event.target.checked)} />
              what came after the end
            </label>
          )}
          <button type="button" aria-label="Nearer" onClick={() => zoom(0.5)}>
            +
          </button>
          <button type="button" aria-label="Further" onClick={() => zoom(2)} disabled={!chosen}>
            −
          </button>
          <button type="button" onClick={() => setChosen(null)} disabled={!chosen}>
            Whole call
          </button>
        </div>
      </div>
      <div ref={frame} className={beside ? "tracks beside" : "tracks"}>
        {width > 0 && (
          <>
            <Ruler view={view} width={inner} whole={whole} onKeyDown={keys} tracks={timeline.tracks} />
            {timeline.tracks.map((track) => (
              <TrackRow key={track.id} track={track} view={view} width={inner} now={now} />
            ))}
            {recordings.map((recording) => {
              const part = timeline.recordings.get(recording.name);
              if (!part || recording.state !== "ready") return null;
              const left = x(part.from, view, inner);
              const to = x(part.from + recording.duration_ms, view, inner);
              return <Wave key={recording.name} recording={recording} from={part.from} left={left} width={to - left} />;
            })}
          </>
        )}
        <Crosshair view={view} width={inner} frame={frame} />
      </div>
      {asked && (
        <p className="legend faint">
          {PHASES.map(({ phase, name }) => (
            <span key={phase}>
              <i className={`phase-${phase}`} /> {name}
            </span>
          ))}
        </p>
      )}
    </section>
  );
}

/** All of the clock: to the call's end, to its last line if that is wanted, or as far as a running call reaches. */
function useWhole(timeline: Timeline, now: number, late: boolean): View {
  const to = timeline.over ? Math.max(1, (late ? timeline.last : timeline.end) * 1.015) : reach(now);
  return useMemo(() => ({ from: 0, to }), [to]);
}

/** The wheel as React does not tell of it: so that the page stays where it is. */
function useWheel(element: React.RefObject<HTMLElement | null>, turn: (event: WheelEvent) => boolean) {
  const latest = useRef(turn);
  latest.current = turn;
  useEffect(() => {
    const turned = element.current;
    const listener = (event: WheelEvent) => latest.current(event) && event.preventDefault();
    turned?.addEventListener("wheel", listener, { passive: false });
    return () => turned?.removeEventListener("wheel", listener);
  }, [element]);
}

/** All moments at which something begins or happens. */
function moments({ tracks }: Timeline): number[] {
  const all = tracks.flatMap(({ spans, marks }) => [...spans.map(({ from }) => from), ...marks.map(({ at }) => at)]);
  return [...new Set(all)].sort((a, b) => a - b);
}

/** Where a key leads to; null if it leads nowhere. */
function keyed(key: string, at: number, step: number, whole: View, marks: readonly number[]): number | null {
  switch (key) {
    case "ArrowRight":
      return Math.min(whole.to, at + step);
    case "ArrowLeft":
      return Math.max(whole.from, at - step);
    case "Home":
      return whole.from;
    case "End":
      return whole.to;
    case "n":
      return marks.find((mark) => mark > at) ?? at;
    case "p":
      return marks.findLast((mark) => mark < at) ?? at;
    default:
      return null;
  }
}
