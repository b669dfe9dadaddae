import { expect, it } from "vitest";
import type { Line } from "./line";
import { CONNECTED, journal, OFFERED } from "./lines.fixture";
import { whereabouts } from "./whereabouts";

const STARTED = { event: "flow_started", flow: "sales", version: 2 } as const;
const MENU = { event: "node_entered", node: "menu", applet: "ivr" } as const;
const CALL = journal(
  [0, 0, OFFERED],
  [0, null, STARTED],
  [0, null, MENU],
  [900, null, { event: "node_left", node: "menu", exit: "1" }],
  [900, null, { event: "node_entered", node: "hours", applet: "subflow" }],
  [900, null, { event: "flow_started", flow: "hours", version: 1 }],
  [900, null, { event: "node_entered", node: "open", applet: "schedule" }],
);

it.each<[string, readonly Line[], string]>([
  ["that was only offered", CALL.slice(0, 1), "The call has come to no flow yet."],
  ["before its first step", CALL.slice(0, 2), "The call has come to no step yet."],
  ["at its first step", CALL.slice(0, 3), "The call stands at `menu`."],
  ["between two steps", CALL.slice(0, 4), "The call stands at `menu`."],
  ["at a later step", CALL.slice(0, 5), "By `1` the call came to `hours`, and stands there."],
  ["that enters another flow", CALL.slice(0, 6), "The call goes on in the flow `hours`."],
  ["in another flow", CALL, "The call goes on in the flow `hours`, at `open`."],
  ["that is over", CONNECTED, "The caller hung up after 16.0 s; the flow ended at `ring` of flow sales."],
])("tells where a call is %s", (_, lines, text) => expect(whereabouts(lines, "sales")).toBe(text));

it("tells that the call came back", () => {
  const back = journal(
    [0, null, STARTED],
    [1, null, { event: "flow_resumed", flow: "sales", version: 2 }],
    [1, null, MENU],
  );
  expect(whereabouts(back, "sales")).toBe("The call stands at `menu`.");
});
