import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import headers from "./headers.json" with { type: "json" };
import { mockBank } from "./server/mock-bank.ts";
import { pages } from "./server/pages.ts";
import { findStack } from "./server/stack.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const stack = findStack(here("."));

/** One origin: the pages, `/api` and the files of imports come from the same host, as they do behind CloudFront. */
const proxy = {
  "/api": {
    target: stack?.api_url ?? "http://localhost:4566",
    changeOrigin: true,
    rewrite: (path: string) => path.replace(/^\/api/, ""),
  },
  "/files": {
    target: stack?.endpoint_url ?? "http://localhost:4566",
    changeOrigin: true,
    rewrite: (path: string) => path.replace(/^\/files/, ""),
  },
};

export default defineConfig({
  plugins: [preact(), pages(), mockBank()],
  resolve: { alias: { "@": here("./src") } },
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // fonts as data: would need a looser content security policy
    rolldownOptions: { input: { window: here("./index.html"), control: here("./control/index.html") } },
  },
  server: { proxy, fs: { allow: [here("."), here("../infra/statemachines")] } },
  preview: { proxy, headers },
});
