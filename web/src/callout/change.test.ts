import { describe, expect, it } from "vitest";
import { change, type Draft, draft } from "./change";

const asked = {
  url: "http://a.example/",
  method: "POST",
  headers: [
    { name: "Content-Type", value: "text/plain" },
    { name: "X-A", value: "1" },
  ],
  body: { text: "hello" },
};

describe("a request that is edited", () => {
  it("is shown as text", () => {
    expect(draft(asked)).toEqual({
      url: "http://a.example/",
      method: "POST",
      headers: "Content-Type: text/plain\nX-A: 1",
      body: "hello",
    });
    expect(draft({ url: "u", method: "GET", headers: [] })).toEqual({ url: "u", method: "GET", headers: "", body: "" });
  });

  it.each<[string, Partial<Draft>, ReturnType<typeof change>]>([
    ["nothing", {}, { change: {} }],
    ["the URL", { url: "http://b.example/" }, { change: { url: "http://b.example/" } }],
    ["method and body", { method: "GET", body: "" }, { change: { method: "GET", body: "" } }],
    [
      "a field set, one added, one taken away",
      { headers: "X-A:  2 \n\nX-B:" },
      { change: { headers: { "Content-Type": null, "X-A": "2", "X-B": "" } } },
    ],
    ["what is no field", { headers: "X-A: 1\nno field" }, { wrong: "no field" }],
    ["a name that is none", { headers: "a b: 1" }, { wrong: "a b: 1" }],
  ])("%s", (_, edits, expected) => expect(change(asked, { ...draft(asked), ...edits })).toEqual(expected));
});
