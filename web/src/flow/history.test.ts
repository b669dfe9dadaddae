import { expect, test } from "vitest";
import { begun, redo, step, undo } from "./history";

test("steps are undone and done again", () => {
  const two = step(step(begun("a"), "b"), "c");
  expect(undo(undo(two)).now).toBe("a");
  expect(redo(undo(two)).now).toBe("c");
  expect(redo(two)).toBe(two);
  expect(undo(begun("a")).now).toBe("a");
  expect(redo(step(undo(two), "d")).now).toBe("d");
});

test("steps of one mark are undone together", () => {
  const typed = step(step(step(begun(""), "h", "say"), "hi", "say"), "hi!", "name");
  expect([undo(typed).now, undo(undo(typed)).now]).toEqual(["hi", ""]);
  expect(step(typed, "hi!")).toBe(typed);
});
