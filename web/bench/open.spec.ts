import type { Page } from "@playwright/test";
import { expect, NUMBERS, test } from "../tests/server";
import { cpu, newest, told } from "./measure";

const OPENED_MS = 500;

test.use({ own: "opened" });

/** A flow that asks and notes until the server lets a call take no more steps. */
function rounds(application: string): string {
  const vars = ["a", "b", "c", "d"].map((name) => `${name}: "{{ call.from }}"`).join(", ");
  const notes = Array.from({ length: 10 }, (_, at) => {
    return `  note-${at}: { applet: set, vars: { ${vars} }, next: ${at < 9 ? `note-${at + 1}` : "rest"} }`;
  });
  return `flow: waits
start: up
nodes:
  up: { applet: answer, next: ask }
  ask: { applet: passthru, url: "${application}/turn", on: { 200: note-0, else: note-0 } }
${notes.join("\n")}
  rest: { applet: pause, for: 100ms, next: ask }
`;
}

/** From the click on a call to the frame in which its events are drawn. */
async function open(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const begun = performance.now();
        const look = () => {
          const row = document.querySelector(".events li");
          if (!row || row.getBoundingClientRect().height === 0) return requestAnimationFrame(look);
          // The frame after is drawn with them.
          return requestAnimationFrame(() => resolve(performance.now() - begun));
        };
        document.querySelector<HTMLElement>(".rows .box a")?.click();
        requestAnimationFrame(look);
      }),
  );
}

test("a call of 2,000 events opens", async ({ browser, request, server }) => {
  const [from, document] = ["+919900000092", rounds(server.application.url)];
  const api = `${server.http}/api/v1/flows/waits`;
  const { revision } = await (await request.get(api)).json();
  const saved = await request.put(`${api}/draft`, { data: { document, revision } });
  const published = await request.post(`${api}/publish`, {
    data: { message: "Goes round.", revision: (await saved.json()).revision },
  });
  expect(published.ok(), await published.text()).toBe(true);
  await server.call(NUMBERS.waits, { from, seconds: 30 });
  const sid = await newest(server, from);
  const { events } = await (await request.get(`${server.http}/api/v1/calls/${sid}/events`)).json();
  expect(events.length).toBeGreaterThan(2000);

  const taken: number[] = [];
  const spent: number[] = [];
  for (let run = 0; run < 7; run++) {
    const page = await browser.newPage();
    await page.goto(`${server.console}/calls?from=${encodeURIComponent(from)}`);
    await expect(page.locator(".rows .box a").first()).toBeVisible();
    const thread = await cpu(page);
    const { ms: before } = await thread();
    taken.push(Math.round(await open(page)));
    spent.push(Math.round((await thread()).ms - before));
    await page.close();
  }
  const sorted = taken.toSorted((a, b) => a - b);
  told("open", { events: events.length, ms: taken, cpu_ms: spent, median: sorted[3], most: sorted.at(-1) });
  expect(sorted.at(-1)).toBeLessThan(OPENED_MS);
});
