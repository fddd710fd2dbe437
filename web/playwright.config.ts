import { defineConfig } from "@playwright/test";

/** The pages of a running shop, in this machine's Chromium. */
export default defineConfig({
  testDir: "tests",
  testMatch: "*.spec.ts",
  globalSetup: "./tests/furnish.ts",
  fullyParallel: false,
  workers: 2,
  retries: 1, // a machine with two cores runs the whole shop besides
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    baseURL: process.env.WEB_URL ?? "http://localhost:4173",
    browserName: "chromium",
    locale: "en-US",
    viewport: { width: 1280, height: 900 },
    screenshot: "only-on-failure",
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
