import { memo } from "react";
import { span } from "../../journal/span";
import type { Span, Track } from "../../journal/tracks";
import { type Box, type Dot, seen, type View, x } from "../../journal/view";

const ROW = 22;
const BOX = 18;

/** Pixels that a letter takes in a box, about. */
const LETTER = 6.4;

/** A track of the clock. */
export const TrackRow = memo(function TrackRow({
  track,
  view,
  width,
  now,
}: {
  track: Track;
  view: View;
  width: number;
  now: number;
}) {
  const { boxes, dots } = seen(track, view, width, now);
  const height = track.lanes * ROW;
  return (
    <div className="track">
      <span className="name" title={track.name}>
        {track.name}
      </span>
      <svg width={width} height={height} role="img" aria-label={`${track.name}: ${boxes.length + dots.length} things`}>
        {boxes.map((box) => (
          <Bar key={box.span.seq} box={box} view={view} width={width} />
        ))}
        {dots.map((dot) => (
          <Point key={dot.mark.seq} dot={dot} />
        ))}
      </svg>
    </div>
  );
});

function Bar({ box: { span: of, left, width: wide }, view, width }: { box: Box; view: View; width: number }) {
  const top = of.lane * ROW + 2;
  const letters = Math.floor((wide - 8) / LETTER);
  return (
    <g className={`bar ${of.tone}`}>
      <title>{told(of)}</title>
      <rect x={left} y={top} width={wide} height={BOX} rx={3} />
      {of.parts.map((part) => {
        const from = Math.max(left, x(part.from, view, width));
        const to = Math.min(left + wide, x(part.to, view, width));
        return to > from ? (
          <rect
            key={`${part.phase}${part.from}`}
            className={`phase-${part.phase}`}
            x={from}
            y={top + BOX - 5}
            width={Math.max(1, to - from)}
            height={5}
          />
        ) : null;
      })}
      {letters >= 3 && (
        <text x={left + 4} y={top + 12}>
          {of.label.length > letters ? `${of.label.slice(0, letters - 1)}…` : of.label}
        </text>
      )}
    </g>
  );
}

function Point({ dot: { mark, left, more } }: { dot: Dot }) {
  const key = mark.label.length === 1 && more === 0;
  return (
    <g className={`dot ${mark.tone}`} transform={`translate(${left} 11)`}>
      <title>{more ? `${mark.label} and ${more} more` : mark.label}</title>
      {key ? <circle r={8} /> : <path d="M0 -6 L5 0 L0 6 L-5 0 Z" />}
      {key && (
        <text y={4} textAnchor="middle">
          {mark.label}
        </text>
      )}
    </g>
  );
}

function told({ label, from, to, parts }: Span): string {
  const lines = parts.map((part) => `${part.phase.replace("_", " ")} ${span(part.to - part.from)}`);
  return [`${label}${to === null ? ", lasts" : `, ${span(to - from)}`}`, ...lines].join("\n");
}
