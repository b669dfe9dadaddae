import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { Rung } from "../../journal/ladder";
import { clock } from "../../journal/span";
import { useAtCursor, useCursor } from "./cursor";

const TALL = 30;

/** Columns with an arrow for each thing that one told another. */
export function Rungs({
  columns,
  rungs,
  chosen,
  choose,
}: {
  columns: readonly string[];
  rungs: readonly Rung[];
  chosen?: number;
  choose?: (seq: number) => void;
}) {
  const cursor = useCursor();
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: rungs.length,
    getScrollElement: () => box.current,
    estimateSize: () => TALL,
    overscan: 10,
  });
  const current = useAtCursor((at) => rungs.findLastIndex((rung) => rung.at <= at));
  const share = 100 / columns.length;
  const middle = (column: number) => (column + 0.5) * share;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a ladder that scrolls is reached by the keyboard.
    <section ref={box} className="rungs" tabIndex={0} aria-label="Ladder">
      <div className="columns" style={{ minWidth: columns.length * 110 + 70 }}>
        <div className="head">
          {columns.map((name, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are.
            <span key={at} title={name} className="column">
              {name}
            </span>
          ))}
        </div>
        <ol style={{ height: virtual.getTotalSize() }}>
          {columns.map((_, at) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are.
              key={`line${at}`}
              className="rail"
              aria-hidden="true"
              style={{ left: `calc(70px + (100% - 70px) * ${middle(at) / 100})` }}
            />
          ))}
          {virtual.getVirtualItems().map(({ index, start }) => {
            const rung = rungs[index];
            if (!rung) return null;
            const [left, right] = [Math.min(rung.from, rung.to), Math.max(rung.from, rung.to)];
            const take = () => {
              cursor.move(rung.at, "ladder");
              choose?.(rung.seq);
            };
            return (
              <li
                key={rung.seq}
                style={{ transform: `translateY(${start}px)` }}
                className={index === current ? "rung current" : "rung"}
              >
                <span className="mono faint at">{clock(rung.at)}</span>
                <button
                  type="button"
                  className={`arrow ${rung.tone} ${rung.to > rung.from ? "right" : "left"}`}
                  aria-pressed={choose ? rung.seq === chosen : undefined}
                  aria-label={`${columns[rung.from]} to ${columns[rung.to]}: ${rung.text}`}
                  style={{
                    left: `calc(70px + (100% - 70px) * ${middle(left) / 100})`,
                    width: `calc((100% - 70px) * ${(middle(right) - middle(left)) / 100})`,
                  }}
                  onClick={take}
                >
                  <span className="said">{rung.text}</span>
                </button>
              </li>
            );
          })}
        </ol>
      </div>
    </section>
  );
}
