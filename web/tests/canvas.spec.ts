import { expect, test } from "./server";

const FLOW = `flow: desk
start: hello
nodes:
  # Sales asked for it.
  # They want it short.
  hello: { applet: greeting, say: "Welcome to the desk of all desks.", next: ask }
  ask:
    applet: ivr
    say: "Press 1."
    on: { 1: bye, none: bye, invalid: ask }
  bye: { applet: hangup }
layout:
  hello: [0, 0]
  ask: [100, 150]
  bye: [90, 420]
`;

test("steps carry notes, and several are put in line by keyboard", async ({ page, request, server }) => {
  const flows = `${server.http}/api/v1/flows`;
  await request.post(flows, { data: { name: "desk", document: FLOW } });
  const draft = async (): Promise<string> => (await (await request.get(`${flows}/desk`)).json()).draft.document;
  await page.goto(`${server.console}/flows/desk`);
  const hello = page.locator('.react-flow__node[data-id="hello"]');
  await expect(hello).toContainText("Sales asked for it.");
  await expect(hello).not.toContainText("They want it short.");
  await hello.getByRole("button", { name: "Unfold the note" }).click();
  await expect(hello).toContainText("They want it short.");
  await page.screenshot({ path: "test-results/note.png" });

  await expect(page.getByLabel("Note", { exact: true })).toHaveValue("Sales asked for it.\nThey want it short.");
  await page.getByLabel("Note", { exact: true }).fill("Marketing asked for it.");
  await expect.poll(draft).toBe(FLOW.replace(/ {2}# Sales.*\n.*\n/, "  # Marketing asked for it.\n"));

  const canvas = page.getByRole("application", { name: "Canvas of the flow" });
  await canvas.focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Control+ArrowDown");
  await page.keyboard.press("Control+ArrowDown");
  await expect(page.getByRole("heading", { name: "3 steps are selected" })).toBeVisible();
  await page.screenshot({ path: "test-results/several.png" });
  await canvas.focus();
  await page.keyboard.press("g");
  await page.getByRole("dialog").getByRole("combobox").fill("left edges");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Same gaps, from top to bottom" }).click();
  const places = async () =>
    [...(await draft()).matchAll(/^ {2}(\w+): \[ ?(-?\d+), (-?\d+) ?\]/gm)].map(([, ...at]) => at);
  // They are 110, 88 and 60 high, and what is left of 480 is shared.
  await expect.poll(places).toEqual([
    ["hello", "0", "0"],
    ["ask", "0", "221"],
    ["bye", "0", "420"],
  ]);
});
