import { type RefObject, useEffect, useRef } from "react";
import { clock } from "../../journal/span";
import { type View, x } from "../../journal/view";
import { useCursor } from "./cursor";

/** The cursor through all tracks, and the line below the pointer. Both move without anything being drawn anew. */
export function Crosshair({ view, width, frame }: { view: View; width: number; frame: RefObject<HTMLElement | null> }) {
  const cursor = useCursor();
  const plot = useRef<HTMLDivElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const hover = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = () => put(line.current, x(cursor.at, view, width), width);
    place();
    return cursor.listen(place);
  }, [cursor, view, width]);
  useEffect(() => {
    const around = frame.current;
    if (!around) return;
    let grabbed = false;
    const left = (event: PointerEvent) => event.clientX - (plot.current?.getBoundingClientRect().left ?? 0);
    const scrub = (event: PointerEvent) => {
      const share = Math.min(1, Math.max(0, left(event) / width));
      cursor.move(Math.round(view.from + share * (view.to - view.from)), "clock");
    };
    const down = (event: PointerEvent) => {
      grabbed = left(event) >= 0 && event.button === 0 && !(event.target as Element).closest("button, a");
      if (grabbed) scrub(event);
    };
    const move = (event: PointerEvent) => {
      const at = left(event);
      put(hover.current, at, width);
      if (hover.current) hover.current.dataset.at = clock(view.from + (at / width) * (view.to - view.from));
      if (grabbed) scrub(event);
    };
    const up = () => {
      grabbed = false;
    };
    const gone = () => put(hover.current, -1, width);
    const heard = { pointerdown: down, pointermove: move, pointerleave: gone } as const;
    for (const [name, listener] of Object.entries(heard)) around.addEventListener(name, listener as EventListener);
    window.addEventListener("pointerup", up);
    return () => {
      for (const [name, listener] of Object.entries(heard)) around.removeEventListener(name, listener as EventListener);
      window.removeEventListener("pointerup", up);
    };
  }, [cursor, view, width, frame]);
  return (
    <div ref={plot} className="crosshair" style={{ width }}>
      <div ref={hover} className="hover" hidden />
      <div ref={line} className="cursor" />
    </div>
  );
}

function put(line: HTMLDivElement | null, left: number, width: number) {
  if (!line) return;
  line.hidden = left < 0 || left > width;
  line.style.transform = `translateX(${left}px)`;
}
