import type { APIRequestContext, Page } from "@playwright/test";
import { place } from "./caller";
import { expect, NUMBERS, type Server, test } from "./server";

/** The newest call from a number, once it is over. */
async function over(request: APIRequestContext, server: Server, from: string): Promise<string> {
  const query = new URLSearchParams({ from, state: "completed", limit: "1" });
  const read = async () => (await (await request.get(`${server.http}/api/v1/calls?${query}`)).json()).calls[0]?.sid;
  await expect.poll(read).toBeTruthy();
  return read();
}

function cursor(page: Page) {
  return page.getByRole("slider", { name: "Moment of the call" });
}

test("find why a call failed", async ({ page, request, server }) => {
  const from = "+919900000021";
  server.application.answers.set("/gone", { status: 410 });
  await server.call(NUMBERS.orders, { from, keys: "4" });
  await over(request, server, from);

  await page.goto(`${server.console}/`);
  await page.getByRole("link", { name: `${from} to ${NUMBERS.orders}` }).click();
  const why = page.getByRole("region", { name: "Explanation" });
  await expect(why).toContainText(
    "http://127.0.0.1:1/orders came to nothing after 2 tries: nothing took the connection",
  );
  await expect(why).toContainText("So look-up went on by else.");
  await expect(why).toContainText("See that the application runs and listens at that address and port.");
  await page.screenshot({ path: "test-results/why-a-call-failed.png", fullPage: true });

  await why.getByRole("button", { name: "show" }).first().click();
  await expect(page.locator(".events [aria-current]")).toContainText("Asks GET http://127.0.0.1:1/orders: refused");
  await page.getByRole("region", { name: "Events", exact: true }).focus();
  for (const key of ["ArrowUp", "ArrowUp"]) await page.keyboard.press(key);
  await expect(page.locator(".events [aria-current]")).toContainText("Keys 4");
  await cursor(page).focus();
  const shown = Number(await cursor(page).getAttribute("aria-valuenow"));
  expect(shown).toBeGreaterThan(0);
  await page.keyboard.press("Home");
  await expect(cursor(page)).toHaveAttribute("aria-valuenow", "0");
  await page.keyboard.press("n");
  await expect(cursor(page)).not.toHaveAttribute("aria-valuenow", "0");

  await page.getByRole("tab", { name: "Callouts (2)" }).click();
  await page.locator("summary", { hasText: "look-up" }).click();
  await expect(page.getByRole("button", { name: /1\. first: refused/ })).toBeVisible();
  await expect(page.getByRole("region", { name: "Request", exact: true })).toContainText("digits");
  await expect(page.getByRole("region", { name: "Answer", exact: true })).toContainText("refused");
  await page.getByRole("tab", { name: "SIP ladder" }).click();
  await expect(
    page
      .getByRole("region", { name: "Ladder" })
      .getByRole("button", { name: /INVITE/ })
      .first(),
  ).toBeVisible();
});

test("a call is followed live, and hung up", async ({ page, server }) => {
  const from = "+919900000022";
  await page.goto(`${server.console}/calls?from=${encodeURIComponent(from)}`);
  await expect(page.getByText("No call runs now")).toBeVisible();
  const done = server.call(NUMBERS.waits, { from });
  await page.getByRole("region", { name: "Calls that run" }).getByRole("link", { name: from }).click();
  await expect(page.getByText("The call is running")).toBeVisible();
  await page.getByRole("button", { name: "Hang up" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Hang up" }).click();
  await done;
  await expect(
    page.getByText("The flow ended the call").or(page.getByText("This server ended the call")),
  ).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "completed" })).toBeVisible();
});

test("replay a dead letter", async ({ page, request, server }) => {
  const from = "+919900000023";
  server.application.answers.set("/gone", { status: 410 });
  await server.call(NUMBERS.orders, { from, keys: "1" });
  const sid = await over(request, server, from);

  await page.goto(`${server.console}/callouts`);
  await page.getByRole("link", { name: "Dead letters" }).click();
  await page
    .getByRole("list", { name: "Callouts" })
    .getByRole("link", { name: /dead, 410/ })
    .first()
    .click();
  await expect(page.getByRole("region", { name: "Answer", exact: true })).toContainText("410");
  await page.screenshot({ path: "test-results/dead-letter.png", fullPage: true });

  server.application.answers.delete("/gone");
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("button", { name: /2\. \w+: 200/ })).toBeVisible();

  const compare = page.locator("details.compare");
  await compare.locator("summary").click();
  await expect(compare.getByRole("status")).toContainText("differ");
  await expect(compare.getByRole("row", { name: "differs: 200 differs: 410" })).toBeVisible();

  server.application.answers.set("/fixed", { status: 200, body: "thanks" });
  await page.getByRole("button", { name: "To another URL…" }).click();
  await page.getByRole("textbox", { name: "URL" }).fill(`${server.application.url}/fixed`);
  await page.getByRole("button", { name: "Send there" }).click();
  await expect(page.getByRole("link", { name: new RegExp(`^${sid}_1\\d{6}$`) })).toBeVisible();
  await page.getByRole("link", { name: "compared with this one" }).click();
  await expect(page.getByRole("heading", { name: "/fixed" })).toBeVisible();
  await expect(page.getByRole("button", { name: /1\. first: 200/ })).toBeVisible();
  expect(server.application.asked).toContain("/fixed");
  await expect(page.getByRole("row", { name: "differs: thanks no such line" })).toBeVisible();
  await page.screenshot({ path: "test-results/compared.png", fullPage: true });
});

test("listen to a recording", async ({ page, request, server }) => {
  const from = "+919900000024";
  await place(server.sip, { from: `<sip:${from}@127.0.0.1>`, number: NUMBERS.mailbox, tone: 3 });
  const sid = await over(request, server, from);

  await page.goto(`${server.console}/recordings?mailbox=sales`);
  await page.getByRole("list", { name: "Recordings" }).getByRole("link").first().click();
  const player = page.getByRole("region", { name: "Player" });
  const time = player.getByRole("slider", { name: "Place in the recording" });
  await player.getByRole("button", { name: "Play" }).click();
  await expect.poll(async () => Number(await time.inputValue())).toBeGreaterThan(300);
  await page.screenshot({ path: "test-results/recording.png" });

  await page.getByRole("link", { name: "The call it is of" }).click();
  await expect(page).toHaveURL(new RegExp(`/calls/${sid}$`));
  await page.getByRole("button", { name: "Play" }).click();
  await expect.poll(async () => Number(await cursor(page).getAttribute("aria-valuenow"))).toBeGreaterThan(1000);
});

test("a call of thousands of events opens with as many rows as are seen", async ({ page, request, server }) => {
  const from = "+919900000025";
  await server.call(NUMBERS["front-desk"], { from });
  const sid = await over(request, server, from);
  const { events } = await (await request.get(`${server.http}/api/v1/calls/${sid}/events`)).json();
  const [offered, ...others] = events;
  const steps = others.filter(({ event }: { event: string }) => /^(node|callout|play)/.test(event));
  const many = Array.from({ length: 2000 }, (_, at) => ({ ...steps[at % steps.length], seq: at + 1, at_ms: at * 20 }));
  await page.route(`**/api/v1/calls/${sid}/events*`, (route) =>
    route.fulfill({ json: { events: [offered, ...many], next: null } }),
  );
  await page.goto(`${server.console}/calls/${sid}?density=all`);
  const rows = page.locator(".events li");
  await expect(rows.first()).toHaveAttribute("aria-setsize", "2001");
  expect(await rows.count()).toBeLessThan(80);
  await page.getByRole("region", { name: "Events", exact: true }).focus();
  await page.keyboard.press("End");
  await expect(page.locator(".events [aria-posinset='2001']")).toBeVisible();
});

test("a hundred thousand calls are a list of as many rows as are seen", async ({ page, request, server }) => {
  const from = "+919900000026";
  await server.call(NUMBERS["front-desk"], { from });
  await over(request, server, from);
  const query = new URLSearchParams({ from, limit: "1" });
  const [call] = (await (await request.get(`${server.http}/api/v1/calls?${query}`)).json()).calls;
  const calls = Array.from({ length: 100_000 }, (_, at) => ({ ...call, sid: `${at}`, from: `+91700${at}` }));
  await page.route(/\/api\/v1\/calls\?limit=200$/, (route) => route.fulfill({ json: { calls, next: null } }));
  await page.goto(`${server.console}/calls`);
  const rows = page.getByRole("list", { name: "Calls" }).getByRole("listitem");
  await expect(rows.first()).toHaveAttribute("aria-setsize", "100000");
  await rows.first().getByRole("link").focus();
  await page.keyboard.press("End");
  const last = page.locator(".rows .box [aria-posinset='100000']");
  await expect(last).toBeInViewport();
  await expect(last.getByRole("link")).toBeFocused();
  await expect(last).toContainText("+9170099999");
  expect(await rows.count()).toBeLessThan(80);
});
