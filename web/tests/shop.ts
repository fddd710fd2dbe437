/** The shop's API for the tests: what must be there before a page can show it, and what staff do meanwhile. */

import { randomUUID } from "node:crypto";
import { findStack, type Stack } from "../server/stack.ts";

export type Json = Record<string, unknown>;

const PASSWORD = "correct-horse-battery-staple-42";

export class Client {
  constructor(
    private readonly stack: Stack,
    private readonly token: string | null = null,
  ) {}

  get<T = Json>(path: string): Promise<T> {
    return this.ask<T>("GET", path);
  }

  post<T = Json>(path: string, body: Json = {}, key: string = randomUUID()): Promise<T> {
    return this.ask<T>("POST", path, body, { "Idempotency-Key": key });
  }

  put<T = Json>(path: string, body: Json = {}): Promise<T> {
    return this.ask<T>("PUT", path, body);
  }

  patch<T = Json>(path: string, version: number, body: Json): Promise<T> {
    return this.ask<T>("PATCH", path, body, { "If-Match": `"${version}"` });
  }

  async signIn(identifier: string, password: string): Promise<Client> {
    const { access_token } = await this.post<{ access_token: string }>("/v1/sessions", { identifier, password });
    return new Client(this.stack, access_token);
  }

  private async ask<T>(method: string, path: string, body?: Json, headers: Record<string, string> = {}): Promise<T> {
    const answer = await fetch(this.stack.api_url + path, {
      method,
      headers: {
        "Content-Type": "application/json",
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const told = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, `${method} ${path}: ${answer.status} ${told}`);
    return (told ? JSON.parse(told) : {}) as T;
  }
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function stack(): Stack {
  const found = findStack();
  if (!found) throw new Error("No running shop: set WEB_STACK or API_URL");
  return found;
}

export function admin(): Promise<Client> {
  const { admin: who } = stack();
  if (!who) throw new Error("The stack names no admin");
  return new Client(stack()).signIn(who.email, who.password);
}

export interface Customer {
  email: string;
  password: string;
  client: Client;
}

/** Somebody new, with an account, an address and a card that pays. */
export async function customer(name: string): Promise<Customer> {
  const email = `${name}-${randomUUID().slice(0, 8)}@example.com`;
  const anyone = new Client(stack());
  await anyone.post("/v1/accounts", { email, password: PASSWORD, first_name: "Ann", last_name: "Lee" });
  const client = await anyone.signIn(email, PASSWORD);
  await client.post("/v1/users/me/addresses", ADDRESS);
  return { email, password: PASSWORD, client };
}

export const ADDRESS = {
  type: "both",
  full_name: "Ann Lee",
  phone: "+14155550100",
  address_line1: "1 Main St",
  city: "San Francisco",
  state: "CA",
  postal_code: "94107",
  country: "US",
  is_default: true,
};

/** Ask until there is an answer: what follows by event takes a moment. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>, seconds = 30): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (let pause = 100; ; pause = Math.min(1000, pause * 1.5)) {
    const found = await ask().catch((error: unknown) => {
      if (error instanceof Refused && [404, 409].includes(error.status)) return null;
      throw error;
    });
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`Nothing came within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
