import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, NUMBERS, test } from "../tests/server";
import { cpu, type Frames, newest, told } from "./measure";

const CALLS = Number(process.env.CALLS ?? 100_000);
const FRAMES_A_SECOND = 50;

// Another program writes into the database of this server: no other test has it.
test.use({ own: "scrolled" });

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
  expect(shown.fps).toBeGreaterThanOrEqual(FRAMES_A_SECOND);
});
