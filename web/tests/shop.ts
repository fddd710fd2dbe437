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

export interface Order {
  order_id: string;
  order_number: string;
  items: { order_item_id: string; quantity: number }[];
}

/** An order of one thing, paid by card. */
export async function buy({ client }: Customer, productId: string): Promise<Order> {
  const product_id = productId;
  await client.post("/v1/carts/current/items", { product_id, quantity: 1 });
  const addresses = await client.get<{ data: { address_id: string }[] }>("/v1/users/me/addresses");
  const card = { type: "card", provider: "mock", provider_token: "tok_success", is_default: true };
  const method = await client.post<{ id: string }>("/v1/payment-methods", card);
  const to = { country: ADDRESS.country, state: ADDRESS.state, postal_code: ADDRESS.postal_code };
  const subtotal = (await client.get("/v1/carts/current")).subtotal;
  const items = [{ product_id, quantity: 1 }];
  const quotes = await client.post<{ data: { method_id: string }[] }>("/v1/shipping-quotes", {
    address: to,
    items,
    subtotal,
  });
  const method_id = quotes.data[0]?.method_id;
  const cart = await client.put("/v1/carts/current/shipping-estimate", { ...to, method_id });
  const checkout = await client.post<{ checkout_id: string; order_id: string }>("/v1/checkouts", {
    cart_id: cart.cart_id,
    cart_version: cart.version,
    expected_total: cart.total_amount,
    shipping_address_id: addresses.data[0]?.address_id,
    shipping_method_id: method_id,
    payment_method_id: method.id,
  });
  await until(async () => (await client.get(`/v1/checkouts/${checkout.checkout_id}`)).status === "succeeded");
  return client.get<Order>(`/v1/orders/${checkout.order_id}`);
}

/** A parcel with all of an order; `see` says where it is. */
export async function pack(staff: Client, order: Order): Promise<{ see: (status: string) => Promise<void> }> {
  const carriers = await staff.get<{ data: { id: string }[] }>("/v1/carriers");
  const carrier =
    carriers.data[0] ?? (await staff.post<{ id: string }>("/v1/carriers", { name: "Coach", code: "custom" }));
  const zones = await staff.get<{ data: { id: string }[] }>("/v1/shipping-zones");
  const methods = await staff.get<{ data: { id: string }[] }>(`/v1/shipping-methods?zone_id=${zones.data[0]?.id}`);
  const parcel = {
    order_id: order.order_id,
    method_id: methods.data[0]?.id,
    carrier_id: carrier.id,
    items: order.items.map(({ order_item_id, quantity }) => ({ order_item_id, quantity })),
    weight: 900,
    tracking_number: `COACH-${randomUUID().slice(0, 8)}`,
  };
  const shipment = await until(() => staff.post<{ id: string }>("/v1/shipments", parcel));
  return {
    see: async (status) => {
      const seen = { status, timestamp: new Date().toISOString() };
      await staff.post(`/v1/shipments/${shipment.id}/tracking-events`, seen);
    },
  };
}

/** The token in the last mailed link to somebody, of mails with this subject. */
export function mailedToken(email: string, subject: RegExp): Promise<string> {
  return until(async () => {
    const answer = await fetch(`${stack().endpoint_url}/_ministack/ses/messages`);
    const { messages } = (await answer.json()) as { messages: Record<string, Mail[]> };
    const theirs = Object.values(messages)
      .flat()
      .filter(({ To, Subject }) => To.includes(email) && subject.test(Subject));
    return theirs.flatMap(({ BodyText }) => /\?token=(\S+)/.exec(BodyText)?.[1] ?? []).at(-1);
  });
}

interface Mail {
  To: string[];
  Subject: string;
  BodyText: string;
}
