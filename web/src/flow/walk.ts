/** Moving from node to node without a mouse. */
import type { Point } from "./graph";

export type Way = "up" | "down" | "left" | "right";

/** The next node in a direction: the nearer and the straighter, the better. */
export function neighbour(from: string, way: Way, places: ReadonlyMap<string, Point>): string | null {
  const here = places.get(from);
  if (!here) return null;
  let best: { name: string; cost: number } | null = null;
  for (const [name, [x, y]] of places) {
    const [dx, dy] = [x - here[0], y - here[1]];
    const [along, aside] = { up: [-dy, dx], down: [dy, dx], left: [-dx, dy], right: [dx, dy] }[way] as [number, number];
    if (name === from || along <= 0) continue;
    const cost = along + 2 * Math.abs(aside);
    if (!best || cost < best.cost) best = { name, cost };
  }
  return best?.name ?? null;
}
