import type { APIRequestContext, Page } from "@playwright/test";
import { expect, NUMBERS, type Server, test } from "./server";

/** The newest call from a number, once it is over, and the nodes that it came to. */
async function journal(request: APIRequestContext, server: Server, from: string) {
  const query = new URLSearchParams({ from, limit: "1" });
  const read = async () => (await (await request.get(`${server.http}/api/v1/calls?${query}`)).json()).calls[0];
  const newest = async () => (await read().then((call) => call?.ended && call.sid)) || null;
  await expect.poll(newest).toBeTruthy();
  const sid: string = await newest();
  const { events } = await (await request.get(`${server.http}/api/v1/calls/${sid}/events`)).json();
  const nodes: string[] = events.flatMap((line: { event: string; node: string }) =>
    line.event === "node_entered" ? [line.node] : [],
  );
  return { sid, nodes };
}

async function open(page: Page, server: Server, flow: string) {
  await page.goto(`${server.console}/flows/${flow}`);
  await expect(page.getByRole("heading", { name: flow })).toBeVisible();
  await expect(page.locator(".react-flow__node").first()).toBeVisible();
}

async function publish(page: Page, message: string) {
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: /^Publish/ });
  await dialog.getByLabel("What changes, in a line").fill(message);
  await dialog.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(dialog).toBeHidden();
}

async function choose(page: Page, words: string) {
  await page.getByRole("dialog").getByRole("combobox").fill(words);
  await page.keyboard.press("Enter");
}

/** Goes to a step by the search, and opens one of its tabs. */
async function step(page: Page, name: string, tab: "Config" | "Exits") {
  await page.getByRole("button", { name: "Find", exact: true }).click();
  await choose(page, name);
  await page.getByRole("tab", { name: tab }).click();
}

test("first flow from nothing to a working call", async ({ page, request, server }) => {
  await page.goto(`${server.console}/flows`);
  await page.getByRole("button", { name: "New flow" }).click();
  await page.getByLabel("Name").fill("first");
  await page.getByRole("button", { name: "Make it" }).click();
  await expect(page.locator(".react-flow__node")).toHaveCount(2);

  await step(page, "hello", "Exits");
  await page.getByRole("button", { name: "Put a step between hello and bye" }).click();
  await choose(page, "Menu");
  await expect(page.getByRole("button", { name: /error/ }).first()).toBeVisible();
  await page.getByRole("tab", { name: "Config" }).click();
  await page.getByRole("textbox", { name: "say" }).fill("Press 1.");
  // The compiler knows all exits of a step that it can read.
  await expect(page.locator(".port.bare")).not.toHaveCount(0);
  for (const exit of ["none", "invalid", "1"]) {
    await page.getByRole("application", { name: "Canvas of the flow" }).focus();
    await page.keyboard.press("w");
    await choose(page, exit);
    await choose(page, "bye");
  }
  await expect(page.getByRole("button", { name: "No problems" })).toBeVisible();

  await page.getByRole("button", { name: "Rehearse" }).click();
  await page.getByLabel("Keys that the caller presses").fill("1");
  await page.getByRole("button", { name: "Rehearse" }).last().click();
  await expect(page.getByText("The call ended: NORMAL_CLEARING.")).toBeVisible();
  await expect(page.locator(".step.walked, .step.here")).toHaveCount(3);
  await page.screenshot({ path: "test-results/first-flow.png" });
  await publish(page, "The first.");

  // The flow of a number goes on in it.
  await open(page, server, "waits");
  await step(page, "up", "Exits");
  await page.getByLabel("next", { exact: true }).selectOption("a new step…");
  await choose(page, "Transfer");
  await page.getByRole("tab", { name: "Config" }).click();
  await page.getByRole("combobox", { name: "flow" }).fill("first");
  await publish(page, "Calls go on in the first flow.");
  const from = "+919900000031";
  await server.call(NUMBERS.waits, { from, keys: "1" });
  const { sid, nodes } = await journal(request, server, from);
  expect(nodes).toEqual(["up", "transfer", "hello", "ivr", "bye"]);

  await page.goto(`${server.console}/flows/first?call=${sid}`);
  await expect(page.getByText("ran version 1")).toBeVisible();
  await expect(page.locator(".step.walked, .step.here")).toHaveCount(3);
  await page.screenshot({ path: "test-results/way-of-a-call.png" });
  const restored = await request.post(`${server.http}/api/v1/flows/waits/versions/1/restore`, {
    data: { message: "As it was." },
  });
  expect(restored.ok()).toBe(true);
});

test("publish, see a regression, roll back", async ({ page, request, server }) => {
  const from = "+919900000032";
  await open(page, server, "front-desk");
  await step(page, "ask", "Exits");
  await page.getByLabel("200", { exact: true }).selectOption("bye");
  await publish(page, "Nobody needs to be greeted.");
  await expect(server.call(NUMBERS["front-desk"], { from }), "nobody answers").rejects.toThrow();
  const worse = await journal(request, server, from);
  expect(worse.nodes).toEqual(["ask", "bye"]);

  await page.goto(`${server.console}/flows/front-desk?call=${worse.sid}`);
  await expect(page.getByText("ran version 2")).toBeVisible();
  await expect(page.locator('.react-flow__node[data-id="hello"] .step.aside')).toBeVisible();

  await page.getByRole("link", { name: "front-desk" }).click();
  await page.getByRole("button", { name: "Versions" }).click();
  const versions = page.getByRole("dialog", { name: "Versions of front-desk" });
  await expect(versions.getByRole("button", { name: /Nobody needs to be greeted/ })).toContainText("runs now");
  await versions.getByRole("button", { name: /^1/ }).click();
  await expect(versions.getByLabel("Lines that differ")).toContainText("200: bye");
  await page.screenshot({ path: "test-results/versions.png" });
  await versions.getByRole("button", { name: "Restore version 1" }).click();
  await expect(versions).toBeHidden();
  await expect(page.getByText("version 3")).toBeVisible();

  const again = "+919900000033";
  await server.call(NUMBERS["front-desk"], { from: again });
  expect((await journal(request, server, again)).nodes).toEqual(["ask", "hello", "report", "bye"]);
});

test("follow a call on the canvas while it runs", async ({ page, server }) => {
  const from = "+919900000034";
  await page.goto(`${server.console}/calls?from=${encodeURIComponent(from)}`);
  const done = server.call(NUMBERS.orders, { from, seconds: 40 });
  await page.getByRole("region", { name: "Calls that run" }).getByRole("link", { name: from }).click();
  await page.getByRole("link", { name: "Follow on the canvas" }).click();
  await expect(page).toHaveURL(/\/flows\/orders\?call=/);
  await expect(page.getByText("ran version 1")).toBeVisible();
  const where = page.getByRole("status").filter({ hasText: "call" });
  await expect(where).toHaveText("The call stands at ask.");
  await expect(page.locator('[data-id="ask"] .step.here')).toBeVisible();
  await page.screenshot({ path: "test-results/follow-a-call.png" });

  // Nobody presses a key.
  await expect(where).toHaveText(/^The flow ended the call at bye of flow orders/);
  await expect(page.locator('[data-id="ask"] .step.walked')).toBeVisible();
  await expect(page.locator('[data-id="bye"] .step.here')).toBeVisible();
  await expect(page.getByRole("list").filter({ hasText: "bye is where it ended" })).toContainText("ask → none");
  await done;
});

test("rehearse a site that fails first, and keep that as a test", async ({ page, server }) => {
  await page.goto(`${server.console}/flows/orders?below=rehearse`);
  await page.getByLabel("Keys that the caller presses").fill("4");
  await page.getByLabel("Who calls").fill("+919900000035");
  const site = page.getByRole("group", { name: "http://127.0.0.1:1/orders" });
  await site.getByRole("button", { name: /^Let it answer/ }).click();
  await site.getByLabel(/^Status of/).fill("5");
  await expect(site.getByRole("alert")).toHaveText("5 is no status: write one from 100 to 599.");
  await expect(page.getByRole("button", { name: "Rehearse" }).last()).toBeDisabled();
  await site.getByLabel(/^Status of/).fill("500");
  await site.getByRole("button", { name: /^Then another answer/ }).click();
  await site.getByLabel(/^Time until answer 2/).fill("800ms");
  await site.getByLabel(/^Body of answer 2/).fill('{"order": 17}');
  await page.getByRole("button", { name: "Rehearse" }).last().click();
  await expect(page.getByText("The call ended: NORMAL_CLEARING.")).toBeVisible();
  await expect(page.getByRole("list", { name: "Steps of the call" })).toContainText("look-up → 200");
  await page.screenshot({ path: "test-results/rehearsal.png" });

  await page.getByText("Save as test file").click();
  const text = (await page.getByRole("region", { name: "Test file" }).textContent()) ?? "";
  expect(text).toContain("+919900000035");
  expect(await server.rehearse("orders", text)).toContain("1 passed, 0 failed");
});
