/** What the control room is shown in its tests: sales, a decline, a parcel, a wish to return, and words to moderate. */

import { randomUUID } from "node:crypto";
import { admin, type Client, type Customer, customer, type Json, Refused, stack, until } from "./shop.ts";

export interface World {
  staff: Client;
  mark: string;
  sku: string;
  product: string;
  customer: Customer;
  /** An order that was delivered and is to be returned, and one that was just paid. */
  delivered: Checkout;
  paid: Checkout;
  /** A checkout whose card was declined: everything was undone. */
  declined: Checkout;
  rma: string;
}

interface Checkout {
  checkout_id: string;
  order_id: string;
  order_number: string;
  status: string;
}

interface Item {
  product_id: string;
  variant_id: string | null;
  quantity: number;
}

interface Cart {
  cart_id: string;
  version: number;
  items: Item[];
  subtotal: Json;
  total_amount: Json;
}

type Page<T> = { data: T[] };

const WHERE = { country: "US", state: "CA", postal_code: "94107" };

export function operator(): { email: string; password: string } {
  const { admin: who } = stack();
  if (!who) throw new Error("The stack names no admin");
  return who;
}

export async function makeWorld(): Promise<World> {
  const mark = randomUUID().slice(0, 8);
  const [staff, buyer] = await Promise.all([admin(), customer(`control-${mark}`)]);
  const product = await goods(staff, mark);
  const { client } = buyer;
  const delivered = await buy(client, product, "tok_success");
  const returned = deliver(staff, client, delivered.order_id);
  const declined = await buy(client, product, "tok_declined");
  const paid = await buy(client, product, "tok_success");
  const question = client.post(`/v1/products/${product}/questions`, { question: `Is teapot ${mark} heavy?` });
  const review = { rating: 2, title: `Drips ${mark}`, comment: "It leaks at the spout." };
  await Promise.all([question, client.post(`/v1/products/${product}/reviews`, review)]);
  const rma = await returned;
  return { staff, mark, sku: `TEAPOT-${mark}`, product, customer: buyer, delivered, declined, paid, rma };
}

/** A product of its own, with forty on the shelf. */
async function goods(staff: Client, mark: string): Promise<string> {
  const product_id = `teapot-${mark}`;
  const sku = `TEAPOT-${mark}`;
  const price = { amount: 2450, currency: "USD" };
  await staff.post("/v1/products", { product_id, sku, name: `Teapot ${mark}`, price, status: "active" });
  const item = await until(
    async () => (await staff.get<Page<{ inventory_id: string }>>(`/v1/inventory-items?sku=${sku}`)).data[0],
  );
  await staff.post(`/v1/inventory-items/${item.inventory_id}/restocks`, { quantity: 40, reason: "opening stock" });
  return product_id;
}

/** One of a product, through the checkout, with a card that behaves as its token says. */
async function buy(client: Client, product_id: string, provider_token: string): Promise<Checkout> {
  const card = { type: "card", provider: "mock", provider_token };
  const [method, addresses] = await Promise.all([
    client.post<{ id: string }>("/v1/payment-methods", card),
    client.get<Page<{ address_id: string }>>("/v1/users/me/addresses"),
  ]);
  // A cart that was just bought is closed in a moment.
  await until(() => client.post("/v1/carts/current/items", { product_id, quantity: 1 }));
  const cart = await client.get<Cart>("/v1/carts/current");
  const items = cart.items.map((item) => ({
    product_id: item.product_id,
    variant_id: item.variant_id,
    quantity: item.quantity,
  }));
  const asked = { address: WHERE, items, subtotal: cart.subtotal };
  const quotes = await client.post<Page<{ method_id: string }>>("/v1/shipping-quotes", asked);
  const shipping_method_id = quotes.data[0]?.method_id;
  const priced = await client.put<Cart>("/v1/carts/current/shipping-estimate", {
    ...WHERE,
    method_id: shipping_method_id,
  });
  const { checkout_id } = await client.post<Checkout>("/v1/checkouts", {
    cart_id: priced.cart_id,
    cart_version: priced.version,
    expected_total: priced.total_amount,
    shipping_address_id: addresses.data[0]?.address_id,
    shipping_method_id,
    payment_method_id: method.id,
  });
  return until(async () => {
    const checkout = await client.get<Checkout>(`/v1/checkouts/${checkout_id}`);
    return ["succeeded", "failed"].includes(checkout.status) && checkout;
  });
}

/** A parcel with all of an order, there already; and the customer's wish to send it back. */
async function deliver(staff: Client, client: Client, order_id: string): Promise<string> {
  const order = await staff.get<{ items: { order_item_id: string; quantity: number }[] }>(`/v1/orders/${order_id}`);
  const [methods, carriers] = await Promise.all([
    staff
      .get<Page<{ id: string }>>(`/v1/shipping-zones`)
      .then(({ data }) => staff.get<Page<{ id: string }>>(`/v1/shipping-methods?zone_id=${data[0]?.id}`)),
    staff.get<Page<{ id: string }>>("/v1/carriers"),
  ]);
  const coach =
    carriers.data[0] ?? (await staff.post<{ id: string }>("/v1/carriers", { name: "Coach", code: "custom" }));
  const items = order.items.map(({ order_item_id, quantity }) => ({ order_item_id, quantity }));
  const tracking_number = `COACH-${randomUUID().slice(0, 8)}`;
  const parcel = {
    order_id,
    method_id: methods.data[0]?.id,
    carrier_id: coach.id,
    items,
    weight: 900,
    tracking_number,
  };
  const shipment = await until(() => heard(staff.post<{ id: string }>("/v1/shipments", parcel)));
  for (const status of ["in_transit", "delivered"]) {
    const seen = { status, timestamp: new Date().toISOString() };
    await staff.post(`/v1/shipments/${shipment.id}/tracking-events`, seen);
  }
  const wish = { order_id, items, return_reason: "changed_mind", return_notes: "Too small." };
  return (await until(() => heard(client.post<{ rma_number: string }>("/v1/returns", wish)))).rma_number;
}

/** Null as long as a service has not heard of the order. */
async function heard<T>(asked: Promise<T>): Promise<T | null> {
  return asked.catch((error: unknown) => {
    if (error instanceof Refused && error.status < 500) return null;
    throw error;
  });
}
