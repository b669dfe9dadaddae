import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./server";

test.use({ own: "people" });

const PASSWORD = "a long password";

async function isForEveryone(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
}

test("an admin lets a viewer in by a link, and the viewer sees it in the audit log", async ({
  page,
  browser,
  server,
}) => {
  const pages = page.getByRole("navigation", { name: "Pages" });
  await page.goto(`${server.console}/`);
  await pages.getByRole("link", { name: "People" }).click();
  await expect(page.getByText("Nobody signs in here yet.")).toBeVisible();
  await isForEveryone(page);
  await page.getByLabel("Name").fill("asha");
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Add me and sign in" }).click();
  await expect(pages).toContainText("asha admin");

  const add = page.getByRole("form", { name: "Add somebody" });
  await add.getByLabel("Name").fill("ben");
  await add.getByLabel("Role").selectOption("viewer");
  await add.getByRole("button").click();
  const link = page.getByRole("status", { name: "Link for ben" }).locator("code");
  await expect(link).toContainText("/console/welcome#");
  await isForEveryone(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await isForEveryone(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide).toBeLessThanOrEqual(0);

  const theirs = await (await browser.newContext()).newPage();
  await theirs.goto((await link.textContent()) ?? "");
  await expect(theirs.getByLabel("Name")).toHaveValue("ben");
  await isForEveryone(theirs);
  await theirs.getByLabel("Password").fill(PASSWORD);
  await theirs.getByRole("button", { name: "Come in" }).click();
  const beside = theirs.getByRole("navigation", { name: "Pages" });
  await expect(beside).toContainText("ben viewer");
  await expect(beside.getByRole("link", { name: "People" })).toHaveCount(0);
  await beside.getByRole("link", { name: "Audit" }).click();
  await expect(theirs.getByRole("row").filter({ hasText: "add person" }).first()).toContainText(
    "ashaadd personbenviewer",
  );
  await theirs.getByLabel("What").selectOption("come in by link");
  await expect(theirs.getByRole("row")).toHaveCount(2);
  await isForEveryone(theirs);

  await page.getByLabel("Role of ben").selectOption("author");
  await expect(page.getByLabel("Role of ben")).toHaveValue("author");
  await page.getByLabel("Role of asha").selectOption("viewer");
  await expect(page.getByRole("alert")).toContainText("the last admin");
  await page.getByRole("button", { name: "Remove ben…" }).click();
  await page.getByRole("button", { name: "Remove ben", exact: true }).click();
  await expect(page.getByLabel("Role of ben")).toHaveCount(0);
  await theirs.reload();
  await expect(theirs.getByRole("heading", { name: "Sign in to passthru" })).toBeVisible();
});
