/** Where the API answers: what the environment says, or the nearest local stack. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export interface Stack {
  api_url: string;
  mock_webhook_secret?: string;
  endpoint_url?: string;
  admin?: { email: string; password: string };
}

/** The stack of WEB_STACK, or of the first `.local/stack.json` here or in a folder above; API_URL goes before both. */
export function findStack(start = process.cwd()): Stack | null {
  const file = process.env.WEB_STACK ?? nearest(resolve(start));
  const stack = file && existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Stack) : null;
  const address = process.env.API_URL;
  return address ? { ...stack, api_url: address } : stack;
}

function nearest(folder: string): string | null {
  const file = join(folder, ".local", "stack.json");
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? null : nearest(parent);
}
