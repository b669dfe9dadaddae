import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { expect, NUMBERS, type Server, test } from "../tests/server";

const CALLS = Number(process.env.CALLS ?? 100_000);
const SCROLLED = { fps: 50 };
const OPENED_MS = 500;

/** The newest call of that number, once it is over. */
async function newest(server: Server, from: string): Promise<string> {
  const query = new URLSearchParams({ from, state: "completed", limit: "1" });
  const read = async () => (await (await fetch(`${server.http}/api/v1/calls?${query}`)).json()).calls[0]?.sid;
  await expect.poll(read).toBeTruthy();
  return read();
}

/** Frames of a scroll, as the page saw them. */
type Frames = { times: number[]; blank: number; wrong: string[]; rows: number };

/** From now on looks at each frame: is a row wherever one belongs, and is it the right one? */
function watch(): void {
  const frames: Frames = { times: [], blank: 0, wrong: [], rows: 0 };
  const box = document.querySelector(".calls .rows .box") as HTMLElement;
  const look = (now: number) => {
    frames.times.push(now);
    const seen = box.getBoundingClientRect();
    const rows = [...box.querySelectorAll<HTMLElement>("li")];
    frames.rows = Math.max(frames.rows, rows.length);
    const top = rows[0]?.getBoundingClientRect().top ?? Number.POSITIVE_INFINITY;
    const bottom = rows.at(-1)?.getBoundingClientRect().bottom ?? 0;
    const end = box.scrollTop + box.clientHeight >= box.scrollHeight - 1;
    if (top > seen.top + 1 || (bottom < seen.bottom - 1 && !end)) frames.blank += 1;
    for (const row of rows) {
      // The first is the call that the others are copies of.
      const at = Number(row.dataset.index) - 1;
      const caller = `+91700${String(at).padStart(7, "0")}`;
      if (at >= 0 && !row.textContent?.includes(caller) && frames.wrong.length < 5)
        frames.wrong.push(`${at}: ${row.textContent}`);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  Object.assign(window, { watched: frames });
}

/** What the page's thread took of the processor, and the frames that it made: other work of the machine is not in it. */
async function cpu(page: Page): Promise<() => Promise<{ ms: number; frames: number }>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.setTimeDomain", { timeDomain: "threadTicks" });
  await session.send("Performance.enable");
  const framed = () => (window as unknown as { watched?: Frames }).watched?.times.length ?? 0;
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    const ms = (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
    return { ms, frames: await page.evaluate(framed) };
  };
}

function told(name: string, what: Record<string, unknown>): void {
  console.log(name, JSON.stringify({ ...what, load: loadavg().map((load) => Number(load.toFixed(1))) }));
}

function shares(times: readonly number[]) {
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  const sorted = gaps.toSorted((a, b) => a - b);
  const share = (part: number) => Number((sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(1));
  const whole = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const fps = Number(((gaps.length * 1000) / whole).toFixed(1));
  return {
    frames: gaps.length,
    seconds: Math.round(whole / 1000),
    fps,
    p50: share(0.5),
    p99: share(0.99),
    most: share(1),
  };
}

test("100,000 calls are scrolled from top to bottom", async ({ page, server }) => {
  const from = "+919900000091";
  await server.call(NUMBERS["front-desk"], { from });
  const sid = await newest(server, from);
  const database = readdirSync(server.data).find((name) => name.endsWith(".db")) ?? "";
  await promisify(execFile)("python3", [
    join(import.meta.dirname, "fill.py"),
    join(server.data, database),
    sid,
    `${CALLS}`,
  ]);

  await page.goto(`${server.console}/calls`);
  await expect(page.locator(".rows .box li").nth(5)).toBeVisible();
  const box = page.getByRole("list", { name: "Calls" });
  await box.hover({ position: { x: 200, y: 100 } });
  await page.evaluate(watch);
  const last = page.locator(`.rows .box li[aria-posinset="${CALLS + 1}"]`);
  const spent = await cpu(page);
  let before = await spent();
  const parts: { rows: number; ms_a_frame: number }[] = [];
  while ((await last.count()) === 0) {
    for (let at = 0; at < 20; at++) await page.mouse.wheel(0, 1500);
    const rows = Number(await page.locator(".rows .box li").last().getAttribute("aria-posinset"));
    if (rows < ((parts.length + 1) * CALLS) / 10) continue;
    const now = await spent();
    parts.push({ rows, ms_a_frame: Number(((now.ms - before.ms) / (now.frames - before.frames)).toFixed(1)) });
    before = now;
  }
  await expect(last).toHaveAttribute("aria-setsize", `${CALLS + 1}`);
  const frames = await page.evaluate(() => (window as unknown as { watched: Frames }).watched);
  const { times, ...rest } = frames;
  const shown = shares(times);
  told("scroll", { ...shown, ...rest, parts });
  expect(rest.wrong).toEqual([]);
  expect(rest.blank).toBe(0);
  expect(shown.fps).toBeGreaterThanOrEqual(SCROLLED.fps);
});

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
