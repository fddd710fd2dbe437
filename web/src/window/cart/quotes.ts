/** What sending the cart to an address would cost. */

import { ask, keyed, newKey, openApi, type Schemas } from "@/shared/api";
import type { Cart } from "./cart";

export type Quote = Schemas["Quote"];
export type Destination = { country: string; state?: string | null; postal_code: string };

export async function quotesFor(cart: Cart, address: Destination): Promise<Quote[]> {
  const items = cart.items.map(({ product_id, variant_id, quantity }) => ({ product_id, variant_id, quantity }));
  const { country, state, postal_code } = address;
  const body = { address: { country, state: state ?? null, postal_code }, items, subtotal: cart.subtotal };
  const params = { header: keyed(newKey()) };
  return (await ask(openApi.POST("/v1/shipping-quotes", { params, body }))).data;
}
