import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { curl } from "./curl";

const url = "http://a.example/x?Legs[0]=1&b='2'";

/** What a shell makes of it: each word on a line of its own. */
function shell(line: string): string[] {
  const script = `curl() { printf '%s\\0' curl "$@"; }\n${line}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

describe("a request for a shell", () => {
  it.each<[string, Parameters<typeof curl>[0], string[]]>([
    ["GET", { method: "GET", url, headers: [] }, ["curl", "--globoff", "--url", url]],
    ["HEAD", { method: "HEAD", url, headers: [] }, ["curl", "--head", "--globoff", "--url", url]],
    [
      "POST with a body that looks like a file",
      { method: "POST", url, headers: [{ name: "Content-Type", value: "text/plain" }], body: { text: "@/etc/passwd" } },
      [
        "curl",
        "--request",
        "POST",
        "--header",
        "Content-Type: text/plain",
        "--data-raw",
        "@/etc/passwd",
        "--globoff",
        "--url",
        url,
      ],
    ],
    [
      "header fields that are empty or hostile",
      {
        method: "GET",
        url,
        headers: [
          { name: "X-A", value: "" },
          { name: "X-B", value: "'; rm -rf $(HOME) `id` \\" },
        ],
      },
      ["curl", "--header", "X-A;", "--header", "X-B: '; rm -rf $(HOME) `id` \\", "--globoff", "--url", url],
    ],
    [
      "lines, quotes and dollars",
      { method: "POST", url: "http://a.example/", headers: [], body: { text: "a\n'b' \"$c\" !d\\" } },
      ["curl", "--request", "POST", "--data-raw", "a\n'b' \"$c\" !d\\", "--globoff", "--url", "http://a.example/"],
    ],
    [
      "a URL that looks like a flag",
      { method: "GET", url: "--output /tmp/x", headers: [] },
      ["curl", "--globoff", "--url", "--output /tmp/x"],
    ],
    [
      "bytes that are no text",
      { method: "POST", url, headers: [], body: { base64: "/w==" } },
      ["curl", "--request", "POST", "--data-binary", "@-", "--globoff", "--url", url],
    ],
  ])("%s", (_, asked, words) => expect(shell(curl(asked))).toEqual(words));
});
