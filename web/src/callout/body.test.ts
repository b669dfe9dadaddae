import { describe, expect, it } from "vitest";
import { parts, readable } from "./body";

describe("bodies and URLs for a person", () => {
  it.each([
    ['{"a":1}', "application/json", '{\n  "a": 1\n}'],
    ["[1]", "text/plain", "[\n  1\n]"],
    ["{a", "application/json", "{a"],
    ["a=1&b=x%20y", "application/x-www-form-urlencoded", "a = 1\nb = x y"],
    ["a=1", "text/plain", "a=1"],
    ["", "", ""],
  ])("%s as %s", (text, type, shown) => expect(readable(text, type)).toBe(shown));

  it.each([
    ["http://a.example/x", { address: "http://a.example/x", query: [] }],
    [
      "http://a.example/x?a=%22b%22&c=",
      {
        address: "http://a.example/x",
        query: [
          ["a", '"b"'],
          ["c", ""],
        ],
      },
    ],
    ["sms:+91?a=b%", { address: "sms:+91", query: [["a", "b%"]] }],
  ])("%s", (url, shown) => expect(parts(url)).toEqual(shown));
});
