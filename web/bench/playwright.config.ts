import { defineConfig } from "@playwright/test";
import journeys from "../playwright.config";

/** The console timed: no part of the journeys, since a machine that is busy with other work fails it. `npm run bench`. */
export default defineConfig({
  ...journeys,
  testDir: ".",
  outputDir: "../test-results",
  timeout: 600_000,
  workers: 1,
  use: { ...journeys.use, trace: "off", viewport: { width: 1280, height: 800 } },
});
