/** Several nodes in line, or with the same gaps between them. */
import type { Size } from "./arrange";
import type { Point } from "./graph";

export type Box = Size & { at: Point };

export const WAYS = {
  left: "Align left edges",
  centre: "Align centres, one below the other",
  right: "Align right edges",
  top: "Align upper edges",
  middle: "Align centres, side by side",
  bottom: "Align lower edges",
  across: "Same gaps, from left to right",
  down: "Same gaps, from top to bottom",
} as const;

export type Way = keyof typeof WAYS;

/** Fewer have nothing between them. */
const LEAST: Partial<Record<Way, number>> = { across: 3, down: 3 };

/** Whether so many can be put in line so. */
export function canAlign(way: Way, count: number): boolean {
  return count >= (LEAST[way] ?? 2);
}

/** New places of the nodes. */
export function align(way: Way, boxes: ReadonlyMap<string, Box>): Map<string, Point> {
  const all = [...boxes];
  if (!canAlign(way, all.length)) return new Map();
  if (way === "across" || way === "down") return spread(way === "across" ? 0 : 1, all);
  const axis = way === "left" || way === "centre" || way === "right" ? 0 : 1;
  const low = Math.min(...all.map(([, { at }]) => at[axis]));
  const high = Math.max(...all.map(([, box]) => box.at[axis] + length(box, axis)));
  const part = { left: 0, top: 0, centre: 0.5, middle: 0.5, right: 1, bottom: 1 }[way];
  return new Map(all.map(([name, box]) => [name, put(box, axis, low + (high - low - length(box, axis)) * part)]));
}

/** The first and the last stay where they are. */
function spread(axis: 0 | 1, all: [string, Box][]): Map<string, Point> {
  const middle = (box: Box) => box.at[axis] + length(box, axis) / 2;
  const row = [...all].sort(([, a], [, b]) => middle(a) - middle(b));
  const [first, last] = [row[0]?.[1], row.at(-1)?.[1]];
  if (!first || !last) return new Map();
  const room = last.at[axis] + length(last, axis) - first.at[axis];
  const gap = (room - row.reduce((sum, [, box]) => sum + length(box, axis), 0)) / (row.length - 1);
  let next = first.at[axis];
  return new Map(
    row.map(([name, box]) => {
      const place = put(box, axis, next);
      next += length(box, axis) + gap;
      return [name, place];
    }),
  );
}

function length({ width, height }: Size, axis: 0 | 1): number {
  return axis === 0 ? width : height;
}

function put({ at: [x, y] }: Box, axis: 0 | 1, to: number): Point {
  return axis === 0 ? [Math.round(to), y] : [x, Math.round(to)];
}
