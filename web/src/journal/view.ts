import type { Mark, Span, Track } from "./tracks";

/** Which part of the clock is looked at. */
export interface View {
  from: number;
  to: number;
}

/** The shortest part that can be looked at, in milliseconds. */
export const CLOSEST = 20;

/** The view with that much of the clock around a moment that stays where it is, within the whole. */
export function zoomed(view: View, factor: number, about: number, whole: View): View {
  const length = clamp((view.to - view.from) * factor, Math.min(CLOSEST, whole.to - whole.from), whole.to - whole.from);
  const share = (about - view.from) / Math.max(1, view.to - view.from);
  return within(about - share * length, length, whole);
}

/** The view moved by so much, within the whole. */
export function moved(view: View, by: number, whole: View): View {
  return within(view.from + by, view.to - view.from, whole);
}

/** The view, moved as far as it takes to show a moment. */
export function showing(view: View, at: number, whole: View): View {
  if (at >= view.from && at <= view.to) return view;
  const length = view.to - view.from;
  return within(at - length / 2, length, whole);
}

function within(from: number, length: number, whole: View): View {
  const start = clamp(from, whole.from, Math.max(whole.from, whole.to - length));
  return { from: start, to: start + length };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Where a moment stands in a row of that width. */
export function x(at: number, view: View, width: number): number {
  return ((at - view.from) / Math.max(1, view.to - view.from)) * width;
}

/** Where to write times below the clock: round ones, about so many. */
export function ticks(view: View, about: number): number[] {
  const length = view.to - view.from;
  const rough = length / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? power;
  const found: number[] = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) found.push(at);
  return found;
}

/** A span as it is drawn. */
export interface Box {
  span: Span;
  left: number;
  width: number;
}

/** A mark as it is drawn, with those that fall into the same place. */
export interface Dot {
  mark: Mark;
  left: number;
  more: number;
}

/** The least width of a span that is drawn, in pixels, and what marks are apart. */
const LEAST = 3;
const APART = 7;

/** What of a track is seen: as many boxes and dots as there is room for, however much there is. */
export function seen(track: Track, view: View, width: number, now: number): { boxes: Box[]; dots: Dot[] } {
  const boxes: Box[] = [];
  const until = new Map<string, number>();
  for (const span of track.spans) {
    const to = span.to ?? Math.max(now, span.from);
    if (to < view.from || span.from > view.to) continue;
    const left = Math.max(0, x(span.from, view, width));
    const right = Math.min(width, Math.max(x(to, view, width), left + LEAST));
    // What would hide wholly behind another is not drawn; bad ones hide behind bad ones alone.
    const row = `${span.lane}${span.tone === "bad"}`;
    if (right <= (until.get(row) ?? -1)) continue;
    until.set(row, Math.ceil(right));
    boxes.push({ span, left, width: Math.max(LEAST, right - left) });
  }
  const dots: Dot[] = [];
  for (const mark of track.marks) {
    if (mark.at < view.from || mark.at > view.to) continue;
    const left = x(mark.at, view, width);
    const before = dots.at(-1);
    if (before && left - before.left < APART) before.more += 1;
    else dots.push({ mark, left, more: 0 });
  }
  return { boxes, dots };
}

/** How far the clock of a running call reaches: so far that it stands still for a while, and what lasts grows into it. */
export function reach(now: number): number {
  let reached = 10_000;
  while (reached < now * 1.05) reached *= 1.5;
  return reached;
}
