import { defineConfig } from "@playwright/test";
import tests from "./playwright.config";

/** Pictures of the main pages for the README, in light and dark: `npm run screenshots`. */
export default defineConfig(tests, { testMatch: "*.shots.ts", workers: 1, timeout: 120_000 });
