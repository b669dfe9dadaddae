import { expect, test } from "vitest";
import { pageOf } from "./page";

test.each([
  ["publish flow", "front-desk", "/flows/front-desk"],
  ["save draft", "a/b", "/flows/a%2Fb"],
  ["replay callout", "c1_2", "/callouts/c1_2"],
  ["hang up call", "c1", "/calls/c1"],
  ["replay callouts", "dead", undefined],
  ["place call", "+918044444440", undefined],
  ["add person", "ben", undefined],
])("what was changed by %s of %s is at %s", (action, subject, page) => {
  expect(pageOf(action, subject)).toBe(page);
});
