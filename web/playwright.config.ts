import { defineConfig } from "@playwright/test";

/**
 * Journeys through the console of the real binary, with calls over real SIP.
 *
 * PASSTHRU_BIN is another binary than the debug build. PASSTHRU_CONSOLE=preview shows what `npm run build` made in this
 * folder, with the binary's own policy, instead of the console that the binary carries. CHROMIUM is another browser.
 */
export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  timeout: 240_000,
  expect: { timeout: 30_000 },
  // Each has a server of its own. A page waits most of its time.
  workers: 2,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
