import { expect, it } from "vitest";
import { fromField, toField } from "./local";

it.each(["2026-11-26T10:05", "2026-01-02T00:00"])("%s comes back", (field) =>
  expect(toField(fromField(field))).toBe(field),
);

it("what is no moment is none", () => {
  expect([toField(null), toField("soon"), fromField(""), fromField("x")]).toEqual(["", "", "", ""]);
});
