import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import "./rows.css";

/** A long list, of which as much is drawn as is seen. Each row holds a link; the arrow keys go from one to the next. */
export function Rows<T>({
  label,
  className,
  head,
  items,
  keyOf,
  row,
  more,
}: {
  label: string;
  className: string;
  head: ReactNode;
  items: readonly T[];
  keyOf: (item: T) => string;
  row: (item: T) => ReactNode;
  /** Fetches what comes after; undefined when nothing does, or it is on its way. */
  more?: (() => void) | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => 42,
    getItemKey: (at) => keyOf(items[at] as T),
    overscan: 12,
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - 20) more?.();
  }, [last, items.length, more]);
  const keys = (event: KeyboardEvent) => {
    const at = Number((event.target as Element).closest("[data-index]")?.getAttribute("data-index") ?? -1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || to < 0 || to >= items.length) return;
    event.preventDefault();
    virtual.scrollToIndex(to, { align: "auto" });
    const focus = () => box.current?.querySelector<HTMLElement>(`[data-index="${to}"] a`)?.focus();
    // A row that was not seen is drawn first.
    requestAnimationFrame(() => requestAnimationFrame(focus));
  };
  return (
    <div className={`rows ${className}`}>
      <div className="head" aria-hidden="true">
        {head}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the links in it. */}
      <div ref={box} className="box" onKeyDown={keys}>
        <ol aria-label={label} style={{ height: virtual.getTotalSize() }}>
          {drawn.map(({ index, key, start }) => (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              aria-setsize={more ? -1 : items.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              {row(items[index] as T)}
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}
