import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, NUMBERS, type Server, test } from "./server";

test.use({ own: "sign-in" });

const PASSWORD = "a long password";

async function enter(page: Page, name: string, password: string, act: string) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: act }).click();
}

async function isForEveryone(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
}

test("an administrator comes in by a link, goes, and comes back with a password", async ({ page, server }) => {
  await page.goto(`${server.console}/`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign out" })).toHaveCount(0);

  await page.goto(`${server.console}/welcome`);
  await expect(page.getByText("This link is not whole.")).toBeVisible();
  const token = await server.link();
  await page.goto(`${server.console}/welcome#${token}`);
  await isForEveryone(page);
  await enter(page, "asha", PASSWORD, "Come in");
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("asha admin");
  expect(page.url()).not.toContain(token);

  await page.goto(`${server.console}/calls`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to passthru" })).toBeVisible();
  await isForEveryone(page);
  await enter(page, "asha", "a wrong password", "Sign in");
  await expect(page.getByRole("alert")).toContainText("the name or the password is wrong");
  await page.setViewportSize({ width: 390, height: 844 });
  await enter(page, "asha", PASSWORD, "Sign in");
  await expect(page.getByRole("heading", { level: 1, name: "Calls" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("asha admin");
  await isForEveryone(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);

  await page.goto(`${server.console}/welcome#${token}`);
  await enter(page, "eve", PASSWORD, "Come in");
  await expect(page.getByRole("alert")).toContainText("the link was used");
});

test("a session that ends while a page is open asks to sign in", async ({ page, server }) => {
  await page.goto(`${server.console}/welcome#${await server.link()}`);
  await enter(page, "ben", PASSWORD, "Come in");
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("ben admin");
  await page.context().clearCookies();
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to passthru" })).toBeVisible();
});

/** Pages, and what on each a viewer is refused: links and buttons by their names. */
async function offers(page: Page, server: Server): Promise<[path: string, names: string[]][]> {
  const asked = async (path: string) =>
    (await page.request.get(`${new URL(server.console).origin}/api/v1/${path}`)).json();
  const { callouts } = await asked("callouts?limit=1");
  const { calls } = await asked("calls?state=in-progress");
  return [
    [`/calls/${calls[0].sid}`, ["Hang up"]],
    ["/", ["Phone", "Settings"]],
    ["/flows", ["New flow"]],
    ["/flows/front-desk", ["Undo", "Arrange", "Rehearse", "Call it", "Publish", "Steps"]],
    ["/callouts?state=dead", ["Send all again"]],
    [`/callouts/${callouts[0].id}`, ["Send again", "To another URL…", "Edit and send…"]],
  ];
}

const named = (page: Page, name: string) =>
  page.getByRole("button", { name, exact: true }).or(page.getByRole("link", { name, exact: true }));

test("a viewer sees everything, and nothing that the server would refuse", async ({ page, server }) => {
  await page.goto(`${server.console}/welcome#${await server.link()}`);
  await enter(page, "chen", PASSWORD, "Come in");
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("chen admin");
  const people = `${new URL(server.console).origin}/api/v1/people`;
  const made = await page.request.post(people, { data: { name: "vik", role: "viewer", password: PASSWORD } });
  expect(made.ok()).toBe(true);
  await server.call(NUMBERS["front-desk"]);
  const running = server.call(NUMBERS.waits);
  const calls = `${new URL(server.console).origin}/api/v1/calls?state=in-progress`;
  await expect.poll(async () => (await (await page.request.get(calls)).json()).calls.length).toBe(1);

  const pages = await offers(page, server);
  for (const [path, names] of pages) {
    await page.goto(server.console + path);
    await expect(page.getByText("ask an administrator")).toHaveCount(0);
    for (const name of names) await expect(named(page, name).first()).toBeVisible();
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await enter(page, "vik", PASSWORD, "Sign in");
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("vik viewer");

  const refused: string[] = [];
  page.on("response", (answer) => void (answer.status() === 403 && refused.push(answer.url())));
  for (const [path, names] of pages) {
    await page.goto(server.console + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText(/^Loading/)).toHaveCount(0);
    await expect(page.getByText("ask an administrator for the author's role")).toHaveCount(1);
    for (const name of names) await expect(named(page, name)).toHaveCount(0);
    await isForEveryone(page);
  }

  await page.goto(`${server.console}/flows/front-desk`);
  await page.locator('.react-flow__node[data-id="hello"]').click();
  await expect(page.getByRole("textbox", { name: "say" })).toBeDisabled();
  await expect(page.getByRole("button", { name: "Delete the step" })).toHaveCount(0);
  await page.keyboard.press("Delete");
  await expect(page.locator(".react-flow__node")).toHaveCount(4);
  await page.screenshot({ path: "test-results/viewer.png" });
  await page.getByRole("button", { name: "Versions" }).click();
  await expect(page.getByRole("dialog", { name: "Versions of front-desk" })).toContainText("runs now");
  await expect(page.getByRole("button", { name: /^Restore/ })).toHaveCount(0);
  for (const [path, told] of [
    ["/settings", "Settings are shown to administrators."],
    ["/phone", "The phone places calls, as authors may."],
  ]) {
    await page.goto(server.console + path);
    await expect(page.getByText(told ?? "")).toBeVisible();
  }
  expect(refused).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server.console}/flows/front-desk`);
  await expect(page.locator(".react-flow__node").first()).toBeVisible();
  await page.screenshot({ path: "test-results/viewer-390.png" });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);
  await running;
});
