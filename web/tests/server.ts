import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as Web } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { test as base } from "@playwright/test";
import { preview } from "vite";

const BINARY = process.env.PASSTHRU_BIN ?? join(import.meta.dirname, "../../target/debug/passthru");

/** The binary takes PASSTHRU_… for settings, and these are of the tests. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PASSTHRU_")));

/** Numbers that the server answers, by flow. */
export const NUMBERS = {
  "front-desk": "+918044444440",
  orders: "+918044444441",
  mailbox: "+918044444442",
  waits: "+918044444443",
} as const;

/** What is asked in mid-call: an application of which each path does what it is called. */
export interface Application {
  url: string;
  /** Answers that are not 200, by path. */
  answers: Map<string, { status: number; body?: string }>;
  /** Paths that were asked. */
  asked: string[];
}

/** A running server with a console, flows of its own and an application that they ask. */
export interface Server {
  console: string;
  http: string;
  /** The folder where it keeps its data. */
  data: string;
  sip: { host: string; port: number };
  application: Application;
  /** A link by which an administrator comes in: what it carries. */
  link(): Promise<string>;
  /** Places a call with the built-in softphone, until it is over. */
  call(number: string, options?: { from?: string; keys?: string; seconds?: number }): Promise<void>;
  /** Keeps a test file beside a flow and plays it. Yields what that printed. */
  rehearse(flow: keyof typeof NUMBERS, test: string): Promise<string>;
}

/** A test with a server, which all tests share whose file does not name one of its own. */
export const test = base.extend<object, { own: string; server: Server }>({
  own: ["", { option: true, scope: "worker" }],
  server: [
    async ({ own: _ }, use) => {
      const folder = mkdtempSync(join(tmpdir(), "passthru-console-"));
      const [web, application] = await applicationOf();
      const config = configure(folder, application.url);
      const [child, http, sip] = await start(config);
      const shown =
        process.env.PASSTHRU_CONSOLE === "preview" ? await built(http) : { url: http, close: async () => {} };
      const call: Server["call"] = async (number, { from = "+919900000001", keys = "", seconds = 30 } = {}) => {
        const told = [
          "call",
          number,
          "--server",
          `${sip.host}:${sip.port}`,
          "--from",
          from,
          "--keys",
          keys,
          "--seconds",
          `${seconds}`,
        ];
        await promisify(execFile)(BINARY, told, { env });
      };
      const rehearse: Server["rehearse"] = async (flow, text) => {
        const file = join(folder, "flows", `${flow}.test.yaml`);
        writeFileSync(file, text);
        const { stdout } = await promisify(execFile)(BINARY, ["rehearse", file, "--config", config], { env });
        return stdout;
      };
      const link = async () => {
        const { stdout } = await promisify(execFile)(BINARY, ["console", "link", "--config", config], { env });
        return stdout.trim().replace(/.*#/, "");
      };
      await use({
        console: `${shown.url}/console`,
        http,
        data: join(folder, "data"),
        sip,
        application,
        link,
        call,
        rehearse,
      });
      await shown.close();
      await ended(child);
      web.close();
      rmSync(folder, { recursive: true });
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

export { expect } from "@playwright/test";

async function applicationOf(): Promise<[Web, Application]> {
  const answers: Application["answers"] = new Map();
  const asked: string[] = [];
  const web = createServer((request, response) => {
    const path = (request.url ?? "").replace(/\?.*/, "");
    asked.push(path);
    const { status, body = "" } = answers.get(path) ?? { status: 200 };
    response.writeHead(status, { "content-type": "text/plain" }).end(body);
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  return [web, { url: `http://127.0.0.1:${(web.address() as AddressInfo).port}`, answers, asked }];
}

function configure(folder: string, application: string): string {
  const flows: Record<keyof typeof NUMBERS, string> = {
    "front-desk": `start: ask
nodes:
  ask: { applet: passthru, url: "${application}/route", on: { 200: hello, else: bye } }
  hello: { applet: greeting, say: "Welcome.", next: report }
  report: { applet: passthru, url: "${application}/calls", async: true, next: bye }
  bye: { applet: hangup }`,
    // Port 1 takes no connection.
    orders: `start: ask
nodes:
  ask: { applet: gather, say: "Your order?", max_digits: 1, timeout: 8s, on: { digits: look-up, none: bye } }
  look-up: { applet: passthru, url: "http://127.0.0.1:1/orders", retries: 1, on: { 200: bye, else: report } }
  report: { applet: passthru, url: "${application}/gone", async: true, next: bye }
  bye: { applet: hangup }`,
    mailbox: `start: box
nodes:
  box: { applet: voicemail, mailbox: sales, max: 10s, silence: 1s, next: bye }
  bye: { applet: hangup }`,
    waits: `start: up
nodes:
  up: { applet: answer, next: wait }
  wait: { applet: pause, for: 50s, next: bye }
  bye: { applet: hangup }`,
  };
  mkdirSync(join(folder, "flows"));
  const numbers = Object.entries(flows).map(([flow, text]) => {
    writeFileSync(join(folder, "flows", `${flow}.yaml`), `flow: ${flow}\n${text}\n`);
    return `[[number]]\nnumber = "${NUMBERS[flow as keyof typeof NUMBERS]}"\nflow = "${flow}"\n`;
  });
  const config = join(folder, "passthru.toml");
  const head = `data = "${folder}/data"\nflows = "${folder}/flows"\n[http]\nlisten = "127.0.0.1:0"\n[sip]\nlisten = ["udp:127.0.0.1:0"]\n`;
  writeFileSync(config, head + numbers.join(""));
  return config;
}

/** Starts the binary, and reads from its first lines where it listens. */
async function start(config: string): Promise<[ChildProcess, string, { host: string; port: number }]> {
  const child = spawn(BINARY, ["serve", "--config", config], { stdio: ["ignore", "pipe", "inherit"], env });
  for await (const line of createInterface({ input: child.stdout })) {
    const told = /SIP on udp:([\d.]+):(\d+).*API on (http:\/\/\S+)/.exec(line);
    if (!told) continue;
    child.stdout.resume();
    return [child, told[3] ?? "", { host: told[1] ?? "", port: Number(told[2]) }];
  }
  throw new Error(`${BINARY} ended before it was ready; it is built by \`cargo build\`.`);
}

function ended(child: ChildProcess): Promise<void> {
  const over = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  return over;
}

/** What was built here, below the policy of the binary. */
async function built(http: string): Promise<{ url: string; close: () => Promise<void> }> {
  const policy = (await fetch(`${http}/console/`)).headers.get("content-security-policy") ?? "";
  const server = { target: http, changeOrigin: false, ws: true };
  const shown = await preview({
    root: join(import.meta.dirname, ".."),
    logLevel: "error",
    preview: {
      host: "127.0.0.1",
      port: 0,
      headers: { "content-security-policy": policy },
      proxy: { "/api": server, "/recordings": server },
    },
  });
  return { url: `http://127.0.0.1:${(shown.httpServer.address() as AddressInfo).port}`, close: () => shown.close() };
}
