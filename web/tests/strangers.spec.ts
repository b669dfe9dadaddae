import AxeBuilder from "@axe-core/playwright";
import { place } from "./caller";
import { expect, NUMBERS, type Server, test } from "./server";

const HOSTILE = '"><img src=x onerror=alert(1)>';

/** Every page of the console, with what a call by that number left. */
async function pages(server: Server): Promise<string[]> {
  const calls = await (await fetch(`${server.http}/api/v1/calls?limit=1000`)).json();
  const callouts = await (await fetch(`${server.http}/api/v1/callouts?limit=1000`)).json();
  const recorded = calls.calls.find(({ recording }: { recording: string | null }) => recording)?.sid;
  const call = calls.calls.find(({ flow }: { flow: string }) => flow === "front-desk")?.sid;
  const list = ["/", "/calls", "/callouts", "/recordings", `/recordings?listen=${recorded}`];
  const one = ["", "?density=all", "?density=json", "?tab=callouts", "?tab=ladder"].map(
    (query) => `/calls/${call}${query}`,
  );
  const flows = ["/flows", "/flows/front-desk", `/flows/front-desk?call=${call}`];
  const [first, second] = callouts.callouts;
  const compared = `/callouts/${first?.id}?right=${second?.id}`;
  const rest = ["/flows/front-desk?below=rehearse", compared, "/phone", "/directory", "/settings", "/audit", "/people"];
  return [...list, ...one, `/calls/${recorded}`, `/callouts/${callouts.callouts[0]?.id}`, ...flows, ...rest];
}

test.beforeAll(async ({ server }) => {
  const body = `<script>alert(2)</script>${HOSTILE}`;
  server.application.answers.set("/route", { status: 200, body });
  server.application.answers.set("/gone", { status: 410, body });
  const user = encodeURIComponent(HOSTILE);
  const names = [
    `"${HOSTILE.replaceAll('"', '\\"')}" <sip:${user}@127.0.0.1>`,
    `<sip:javascript%3Aalert(3)@127.0.0.1>`,
    "<sip:=cmd@127.0.0.1>",
  ];
  for (const from of names) await place(server.sip, { from, number: NUMBERS["front-desk"] });
  await place(server.sip, { from: `<sip:${user}@127.0.0.1>`, number: NUMBERS.mailbox, tone: 2 });
  await expect
    .poll(async () => (await (await fetch(`${server.http}/api/v1/calls?state=completed`)).json()).calls.length)
    .toBeGreaterThanOrEqual(4);
});

test("what callers and applications say is text and nothing else", async ({ page, server }) => {
  const told: string[] = [];
  page.on("dialog", (dialog) => {
    told.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => told.push(`error ${error.message}`));
  await page.exposeFunction("violated", (what: string) => told.push(`policy ${what}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      (window as unknown as { violated: (what: string) => void }).violated(`${violatedDirective} ${blockedURI}`);
    });
  });
  for (const path of await pages(server)) {
    await page.goto(server.console + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("load");
    await expect(page.locator("main img, main script, main iframe")).toHaveCount(0);
  }
  await page.goto(`${server.console}/calls`);
  await expect(page.getByText(HOSTILE).first()).toBeVisible();
  await page.getByRole("list", { name: "Calls" }).getByRole("link", { name: HOSTILE }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(HOSTILE);
  expect(told).toEqual([]);
});

for (const [width, height] of [
  [1280, 800],
  [390, 844],
] as const) {
  test(`pages are for everyone, ${width} wide, light and dark`, async ({ page, server }) => {
    test.setTimeout(300_000); // it looks at every page
    await page.setViewportSize({ width, height });
    for (const path of await pages(server)) {
      await page.emulateMedia({ colorScheme: "light" });
      await page.goto(server.console + path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByText(/^Loading/)).toHaveCount(0);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wide, `${path} is wider than the window`).toBeLessThanOrEqual(0);
      const light = await new AxeBuilder({ page }).analyze();
      await page.emulateMedia({ colorScheme: "dark" }); // the page is the same but for its colours
      const dark = await new AxeBuilder({ page }).withRules(["color-contrast"]).analyze();
      const found = [...light.violations, ...dark.violations];
      const bad = found.filter(({ impact }) => impact === "serious" || impact === "critical");
      expect(bad.map(({ id, nodes }) => `${path}: ${id} at ${nodes[0]?.target}: ${nodes[0]?.failureSummary}`)).toEqual(
        [],
      );
    }
    await page.goto(`${server.console}/`);
    await page.screenshot({ path: `test-results/home-${width}.png`, fullPage: true });
  });
}
