import { expect, test } from "vitest";
import { meanwhile, type Standing } from "./meanwhile";

const one = { version: 1, author: "asha", at: "2026-01-01T10:00:00Z" };
const two = { version: 2, author: "ben", at: "2026-01-01T11:00:00.5Z" };
const draft = { author: "chen", at: "2026-01-01T12:00:00Z" };

const ROWS: [what: string, now: Standing, told: string | null][] = [
  ["a draft was saved", { published: one, draft }, "chen saved a draft"],
  ["a version was published", { published: two, draft: null }, "ben published version 2"],
  ["it was published, and saved later", { published: two, draft }, "chen saved a draft"],
  [
    "it was saved, and published later",
    { published: { ...two, at: "2026-01-01T13:00:00Z" }, draft },
    "ben published version 2",
  ],
  ["the draft is gone", { published: one, draft: null }, null],
];

test.each(ROWS)("%s", (_, now, told) => {
  const found = meanwhile({ published: one, draft: null }, now);
  expect(found && `${found.author} ${found.did}`).toBe(told);
});
