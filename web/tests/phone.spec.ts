import { expect, type Server, test } from "./server";

/** The only call of a caller, as the store has it, once it is there. */
async function eventsOf(server: Server, from: string): Promise<{ event: string; [field: string]: unknown }[]> {
  const { calls } = await (await fetch(`${server.http}/api/v1/calls?from=${encodeURIComponent(from)}`)).json();
  if (calls.length !== 1) return [];
  return (await (await fetch(`${server.http}/api/v1/calls/${calls[0].sid}/events`)).json()).events;
}

test("call a flow from the browser, and press the key that it waits for", async ({ page, server }) => {
  const from = "+919900000042";
  await page.goto(`${server.console}/phone?flow=orders`);
  await page.getByLabel("Calling as").fill(from);
  await page.getByRole("button", { name: "Call" }).click();
  const told = page.getByRole("region", { name: "What happened" });
  await expect(told.getByText("answered, PCMU")).toBeVisible();
  await page.getByRole("button", { name: "1", exact: true }).click();
  await expect(told.getByText("presses 1")).toBeVisible();
  // The flow goes on with the key, and ends the call.
  await expect(told.getByText("ended:")).toBeVisible();
  await expect(page.getByRole("button", { name: "Call" })).toBeEnabled();
  await expect
    .poll(() => eventsOf(server, from))
    .toContainEqual(expect.objectContaining({ event: "digit", digit: "1" }));
  await expect
    .poll(() => eventsOf(server, from))
    .toContainEqual(expect.objectContaining({ event: "node_left", node: "ask", exit: "digits" }));
});

test("hang up a call of the browser", async ({ page, server }) => {
  const from = "+919900000043";
  await page.goto(`${server.console}/phone?flow=waits`);
  await page.getByLabel("Calling as").fill(from);
  await page.getByRole("button", { name: "Call" }).click();
  const told = page.getByRole("region", { name: "What happened" });
  await expect(told.getByText("answered, PCMU")).toBeVisible();
  await page.getByRole("button", { name: "Hang up" }).click();
  await expect(told.getByText("ended:")).toBeVisible();
  await expect(page.getByRole("button", { name: "Call" })).toBeEnabled();
  await expect
    .poll(() => eventsOf(server, from))
    .toContainEqual(expect.objectContaining({ event: "ended", by: "caller" }));
});
