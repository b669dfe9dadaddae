import { expect, test } from "./server";

test("call a flow from the browser, and press a key", async ({ page, server }) => {
  await page.goto(`${server.console}/phone?flow=front-desk`);
  await page.getByLabel("Calling as").fill("+919900000042");
  await page.getByRole("button", { name: "Call" }).click();
  const told = page.getByRole("region", { name: "What happened" });
  await expect(told.getByText("answered, PCMU")).toBeVisible();
  await page.getByRole("button", { name: "1", exact: true }).click();
  await expect(told.getByText("presses 1")).toBeVisible();
  const hangUp = page.getByRole("button", { name: "Hang up" });
  if (await hangUp.isVisible()) await hangUp.click();
  await expect(told.getByText("ended:")).toBeVisible();
  await expect(page.getByRole("button", { name: "Call" })).toBeEnabled();
  const { calls } = await (await fetch(`${server.http}/api/v1/calls?from=%2B919900000042`)).json();
  expect(calls).toHaveLength(1);
  const { events } = await (await fetch(`${server.http}/api/v1/calls/${calls[0].sid}/events`)).json();
  expect(events.some(({ event, digit }: { event: string; digit?: string }) => event === "digit" && digit === "1")).toBe(
    true,
  );
});
