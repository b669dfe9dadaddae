import { expect, test } from "vitest";
import { align, type Box, type Way } from "./align";

const box = (x: number, y: number, width: number, height: number): Box => ({ at: [x, y], width, height });
const THREE = new Map([
  ["a", box(0, 0, 100, 50)],
  ["b", box(30, 400, 60, 50)],
  ["c", box(200, 80, 200, 70)],
]);

const ROWS: [way: Way, x: number[], y: number[]][] = [
  ["left", [0, 0, 0], [0, 400, 80]],
  ["centre", [150, 170, 100], [0, 400, 80]],
  ["right", [300, 340, 200], [0, 400, 80]],
  ["top", [0, 30, 200], [0, 0, 0]],
  ["middle", [0, 30, 200], [200, 200, 190]],
  ["bottom", [0, 30, 200], [400, 400, 380]],
  ["across", [0, 120, 200], [0, 400, 80]],
  ["down", [0, 30, 200], [0, 400, 190]],
];

test.each(ROWS)("%s", (way, x, y) => {
  const places = align(way, THREE);
  const found = ["a", "b", "c"].map((name) => places.get(name));
  expect([found.map((at) => at?.[0]), found.map((at) => at?.[1])]).toEqual([x, y]);
});

test("too few stay where they are", () => {
  const two = new Map([...THREE].slice(0, 2));
  expect([align("across", two).size, align("left", two).size, align("left", new Map()).size]).toEqual([0, 2, 0]);
});
