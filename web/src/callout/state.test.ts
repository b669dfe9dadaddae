import { expect, it } from "vitest";
import { standing } from "./state";

it.each([
  [{ state: "answered", status: 200 }, "200", "good"],
  [{ state: "answered", status: 302 }, "302", "good"],
  [{ state: "answered", status: 503 }, "503", "bad"],
  [{ state: "failed", failure: "timeout" }, "timeout", "bad"],
  [{ state: "delivered", status: 204 }, "204", "good"],
  [{ state: "waiting" }, "waiting", "warn"],
  [{ state: "waiting", status: 500 }, "waiting, 500", "warn"],
  [{ state: "dead", status: 410, failure: null }, "dead, 410", "bad"],
  [{ state: "dead", failure: "dns" }, "dead, dns", "bad"],
] as const)("%o is %s", (callout, text, tone) => expect(standing(callout)).toEqual({ text, tone }));
