import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./server";

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
