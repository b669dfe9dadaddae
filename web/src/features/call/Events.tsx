import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { digest, type Row } from "../../journal/digest";
import { type Line, parties } from "../../journal/line";
import { clock } from "../../journal/span";
import { tone, topic, words } from "../../journal/words";
import { useAtCursor, useCursor } from "./cursor";

export const DENSITIES = ["summary", "all", "json"] as const;
export type Density = (typeof DENSITIES)[number];

/** The journal as a list. The row at the cursor is marked, and a row that is chosen moves the cursor. */
export function Events({ lines, density }: { lines: readonly Line[]; density: Density }) {
  const cursor = useCursor();
  const names = useMemo(() => parties(lines), [lines]);
  const rows = useMemo(() => read(lines, density, names), [lines, density, names]);
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => (density === "json" ? 96 : 32),
    getItemKey: (at) => `${density}${rows[at]?.seq}`,
    overscan: 8,
  });
  const current = useAtCursor((at, seq) => standing(rows, at, seq));
  useEffect(
    () =>
      cursor.listen(() => {
        if (cursor.by === "events") return;
        const at = standing(rows, cursor.at, cursor.seq);
        if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
      }),
    [cursor, rows, virtual],
  );
  const choose = (at: number) => {
    const row = rows[at];
    if (!row) return;
    cursor.move(row.at, "events", row.seq);
    virtual.scrollToIndex(at, { align: "auto" });
  };
  const keys = (event: KeyboardEvent) => {
    const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(Math.min(rows.length - 1, Math.max(0, to)));
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by the keyboard.
    <section ref={box} className="events" tabIndex={0} aria-label="Events" onKeyDown={keys}>
      <ol style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <li
              key={key}
              data-index={index}
              ref={virtual.measureElement}
              aria-current={index === current ? "step" : undefined}
              aria-setsize={rows.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
              onPointerDown={() => choose(index)}
            >
              <span className="mono faint at">{clock(row.at)}</span>
              <span className={`topic ${row.tone}`}>{row.topic}</span>
              <span className={`what ${row.tone}`}>
                {density === "json" ? <code>{row.text}</code> : row.text}
                {row.leg !== null && density !== "json" && (
                  <small className="faint"> {names.get(row.leg) ?? `party ${row.leg}`}</small>
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The row of the line that was chosen, or else the last one that had come by that moment. */
function standing(rows: readonly Row[], at: number, seq: number | null): number {
  return rows.findLastIndex((row) => (seq === null ? row.at <= at : row.seq <= seq));
}

function read(lines: readonly Line[], density: Density, names: ReadonlyMap<number, string>): readonly Row[] {
  if (density === "summary") return digest(lines);
  return lines.map((line) => ({
    seq: line.seq,
    at: line.at_ms,
    leg: line.leg,
    topic: topic(line.event) as Row["topic"],
    text: density === "json" ? JSON.stringify(line) : words(line, names),
    tone: tone(line),
  }));
}
