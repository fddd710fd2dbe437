import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import headers from "./headers.json" with { type: "json" };
import { mockBank } from "./server/mock-bank.ts";
import { pages } from "./server/pages.ts";
import { findStack, type Stack } from "./server/stack.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const stack = (): Stack => findStack(here(".")) ?? { api_url: "http://localhost:4566" };
const api = (): URL => new URL(stack().api_url);

/**
 * One origin: the pages, `/api` and the files of imports come from the same host, as they do behind CloudFront. The
 * API's path is looked up each time: a local cloud that opens anew has another one.
 */
const proxy = {
  "/api": {
    target: api().origin,
    changeOrigin: true,
    rewrite: (path: string) => path.replace(/^\/api/, api().pathname.replace(/\/$/, "")),
  },
  "/files": {
    target: stack().endpoint_url ?? api().origin,
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
