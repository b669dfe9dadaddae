import type { KeyboardEventHandler } from "react";
import { clock, span } from "../../journal/span";
import type { Track } from "../../journal/tracks";
import { ticks, type View, x } from "../../journal/view";
import { useAtCursor } from "./cursor";

/** The times below which the tracks stand, and the handle by which keys move the cursor. */
export function Ruler({
  view,
  width,
  whole,
  tracks,
  onKeyDown,
}: {
  view: View;
  width: number;
  whole: View;
  tracks: readonly Track[];
  onKeyDown: KeyboardEventHandler;
}) {
  const at = useAtCursor((at) => Math.round(at));
  const what = useAtCursor((at) => stands(tracks, at));
  return (
    <div className="track ruler">
      <span className="name mono">{clock(at)}</span>
      <div
        className="slider"
        role="slider"
        tabIndex={0}
        aria-label="Moment of the call. Arrow keys move, n and p go to the next and the previous event, plus, minus and 0 change the scale."
        aria-valuemin={0}
        aria-valuemax={Math.round(whole.to)}
        aria-valuenow={at}
        aria-valuetext={what ? `${span(at)}, ${what}` : span(at)}
        onKeyDown={onKeyDown}
      >
        <svg width={width} height={20} aria-hidden="true">
          {ticks(view, width / 90).map((tick) => {
            const left = x(tick, view, width);
            return (
              <g key={tick} transform={`translate(${left} 0)`}>
                <line y1={14} y2={20} />
                <text y={11} textAnchor={left < 20 ? "start" : left > width - 30 ? "end" : "middle"}>
                  {short(tick, view)}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
    </div>
  );
}

/** As exact as the ticks are apart. */
function short(tick: number, view: View): string {
  const whole = clock(tick);
  const length = view.to - view.from;
  return length > 20_000 ? whole.slice(0, -4) : length > 2_000 ? whole.slice(0, -2) : whole;
}

/** The step that the flow stands at. */
function stands(tracks: readonly Track[], at: number): string {
  const step = tracks[0]?.spans.findLast(({ from }) => from <= at);
  return step?.label ?? "";
}
