import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef } from "react";
import "./rows.css";

/** So many rows before the end of what is here, what comes after is asked for. */
const AHEAD = 100;

/** The height of a row in pixels, until one is seen. */
const ABOUT = 42;

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
  /** The same array as long as nothing changes: the places of a hundred thousand rows are not reckoned anew for nothing. */
  items: readonly T[];
  keyOf: (item: T) => string;
  row: (item: T) => ReactNode;
  /** Fetches what comes after; undefined when nothing does, or it is on its way. */
  more?: (() => void) | undefined;
}) {
  const box = useRef<HTMLDivElement>(null);
  const named = useRef(keyOf);
  named.current = keyOf;
  const getItemKey = useCallback((at: number) => named.current(items[at] as T), [items]);
  const height = useRef(ABOUT);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => height.current,
    getItemKey,
    overscan: 12,
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= items.length - AHEAD) more?.();
  }, [last, items.length, more]);
  // Rows that are as high as they are thought to be are not placed anew once they are drawn.
  useLayoutEffect(() => {
    const seen = box.current?.querySelector("li")?.offsetHeight;
    if (height.current !== ABOUT || !seen || seen === ABOUT) return;
    height.current = seen;
    virtual.measure();
  });
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
