import { loadavg } from "node:os";
import type { Page } from "@playwright/test";
import { expect, type Server } from "../tests/server";

/** The newest call of that number, once it is over. */
export async function newest(server: Server, from: string): Promise<string> {
  const query = new URLSearchParams({ from, state: "completed", limit: "1" });
  const read = async () => (await (await fetch(`${server.http}/api/v1/calls?${query}`)).json()).calls[0]?.sid;
  await expect.poll(read).toBeTruthy();
  return read();
}

/** Frames of a scroll, as the page saw them. */
export type Frames = { times: number[]; blank: number; wrong: string[]; rows: number };

/** What the page's thread took of the processor, and the frames that it made: other work of the machine is not in it. */
export async function cpu(page: Page): Promise<() => Promise<{ ms: number; frames: number }>> {
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

/** Prints what was measured, and how busy the machine was. */
export function told(name: string, what: Record<string, unknown>): void {
  console.log(name, JSON.stringify({ ...what, load: loadavg().map((load) => Number(load.toFixed(1))) }));
}
