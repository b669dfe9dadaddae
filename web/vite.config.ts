import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** The binary is built with what stands here. */
const OUT = "dist/site";

/** The running server that a console under development speaks to. It is told the page's own host: others may change nothing. */
const SERVER = { target: process.env.PASSTHRU_URL ?? "http://127.0.0.1:8080", changeOrigin: false };
const PROXY = { "/api": SERVER, "/recordings": SERVER };

/** Beside each file that compresses well stands its gzip form, which the binary carries and sends as it is. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const dist = join(import.meta.dirname, OUT);
      for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: "/console/",
  plugins: [react(), compressed()],
  // No file is inlined as a data: URL, which the pages' Content-Security-Policy refuses.
  build: { outDir: OUT, target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: PROXY },
  preview: { proxy: PROXY },
});
