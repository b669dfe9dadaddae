import type { APIRequestContext, Page } from "@playwright/test";
import { expect, type Server, test } from "./server";

const say = (words: string) =>
  `start: hello\nnodes:\n  hello: { applet: greeting, say: "${words}", next: bye }\n  bye: { applet: hangup }\n`;

/** A flow of that name: version 1 says "One.". */
async function publish(request: APIRequestContext, server: Server, name: string) {
  const flows = `${server.http}/api/v1/flows`;
  const begun = await request.post(flows, { data: { name, document: `flow: ${name}\n${say("One.")}` } });
  const { revision } = await begun.json();
  const published = await request.post(`${flows}/${name}/publish`, { data: { message: "The first.", revision } });
  expect(published.ok()).toBe(true);
}

async function read(request: APIRequestContext, server: Server, name: string) {
  return (await request.get(`${server.http}/api/v1/flows/${name}`)).json();
}

async function open(page: Page, server: Server, flow: string) {
  await page.goto(`${server.console}/flows/${flow}`);
  await page.getByRole("button", { name: "Find", exact: true }).click();
  await page.getByRole("dialog").getByRole("combobox").fill("hello");
  await page.keyboard.press("Enter");
  await expect(words(page)).toBeVisible();
}

const words = (page: Page) => page.getByRole("textbox", { name: "say" });

/** Writes other words, and waits until the server has them. */
async function write(page: Page, text: string) {
  const saved = page.waitForResponse((answer) => answer.request().method() === "PUT");
  await words(page).fill(text);
  expect((await saved).ok()).toBe(true);
}

test("a draft is discarded after what is lost was shown", async ({ page, request, server }) => {
  await publish(request, server, "discarded");
  await open(page, server, "discarded");
  await expect(page.getByRole("button", { name: "Discard draft" })).toHaveCount(0);
  await write(page, "Two.");
  await expect(page.getByText("Against version 1: 1 changed")).toBeVisible();
  await expect(page.locator('[data-id="hello"] .step-change.changed')).toBeVisible();
  await page.getByRole("button", { name: "Discard draft" }).click();
  const dialog = page.getByRole("dialog", { name: "Discard the draft?" });
  await expect(dialog.getByLabel("Lines that differ")).toContainText("Two.");
  await expect(dialog).toContainText("Version 1 stays as it is.");
  await page.screenshot({ path: "test-results/discard.png" });
  await dialog.getByRole("button", { name: "Leave it" }).click();
  expect((await read(request, server, "discarded")).draft.document).toContain("Two.");

  await page.getByRole("button", { name: "Discard draft" }).click();
  await dialog.getByRole("button", { name: "Discard the draft" }).click();
  await expect(dialog).toBeHidden();
  await expect(words(page)).toHaveValue("One.");
  await expect(page.locator(".step-change")).toHaveCount(0);
  expect((await read(request, server, "discarded")).draft).toBeNull();
});

test("all versions are there, page by page, and any two are compared", async ({ page, request, server }) => {
  const name = "versioned";
  await publish(request, server, name);
  const flow = `${server.http}/api/v1/flows/${name}`;
  const saved = async (words: string) => {
    const { revision } = await read(request, server, name);
    const data = { document: `flow: ${name}\n${say(words)}`, revision };
    return (await (await request.put(`${flow}/draft`, { data })).json()).revision;
  };
  const two = await saved("Two.");
  await request.post(`${flow}/publish`, { data: { message: "The second.", revision: two } });
  for (let more = 0; more < 49; more += 1) {
    const restored = await request.post(`${flow}/versions/${1 + (more % 2)}/restore`, { data: { message: "Again." } });
    expect(restored.ok()).toBe(true);
  }
  await open(page, server, name);
  await page.getByRole("button", { name: "Versions" }).click();
  const versions = page.getByRole("dialog", { name: "Versions of versioned" });
  await expect(versions.getByRole("button", { name: /^2 / })).toBeVisible();
  await expect(versions.getByRole("button", { name: /^1 / })).toHaveCount(0);
  await versions.getByRole("button", { name: "Older versions" }).click();
  await versions.getByRole("button", { name: /^1 The first/ }).click();
  await expect(versions.getByRole("button", { name: "Older versions" })).toHaveCount(0);
  await versions.getByLabel("From version 1 to").selectOption("version 2: The second.");
  const differ = versions.getByLabel("Lines that differ");
  await expect(differ.locator(".out")).toContainText("One.");
  await expect(differ.locator(".in")).toContainText("Two.");
  await versions.getByLabel("From version 1 to").selectOption("version 3: Again.");
  await expect(versions.getByText("Nothing differs.")).toBeVisible();
  await page.screenshot({ path: "test-results/versions-two.png" });
});

test("a flow that was never published goes with its draft", async ({ page, request, server }) => {
  await request.post(`${server.http}/api/v1/flows`, {
    data: { name: "never", document: `flow: never\n${say("One.")}` },
  });
  await open(page, server, "never");
  await page.getByRole("button", { name: "Discard draft" }).click();
  await page.getByRole("button", { name: "Discard the flow" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Flows" })).toBeVisible();
  await expect(page.getByRole("link", { name: "never" })).toHaveCount(0);
});

test("of two who change one flow, the second is told of the first and chooses", async ({ page, request, server }) => {
  await publish(request, server, "shared");
  await open(page, server, "shared");
  const other = await page.context().newPage();
  await open(other, server, "shared");

  await write(page, "Theirs.");
  await words(other).fill("Mine.");
  const notice = other.getByRole("alert", { name: "Changed meanwhile" });
  await expect(notice).toContainText("local saved a draft");
  await notice.getByText("From theirs to yours").click();
  await expect(notice.getByLabel("Lines that differ")).toContainText("Theirs.");
  await other.screenshot({ path: "test-results/overtaken.png" });
  await notice.getByRole("button", { name: "Take theirs" }).click();
  await expect(words(other)).toHaveValue("Theirs.");
  await expect(notice).toHaveCount(0);

  await write(other, "Theirs again.");
  await words(page).fill("Mine all the same.");
  const mine = page.getByRole("alert", { name: "Changed meanwhile" });
  const kept = page.waitForResponse((answer) => answer.request().method() === "PUT" && answer.ok());
  await mine.getByRole("button", { name: "Keep mine" }).click();
  await kept;
  expect((await read(request, server, "shared")).draft.document).toContain("Mine all the same.");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(words(page)).toHaveValue("Theirs again.");

  // Who publishes what was changed meanwhile is told so, too.
  await other.getByRole("button", { name: "Publish", exact: true }).click();
  const dialog = other.getByRole("dialog", { name: /^Publish/ });
  await dialog.getByLabel("What changes, in a line").fill("Theirs.");
  await dialog.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(notice).toBeVisible();
  await expect(dialog).toBeHidden();
});
