/** A guest's cart that nobody will buy: filled, priced, and left to expire. */

import { ask, keyed, newKey, openApi, type Schemas } from "@/shared/api";
import { Problem } from "@/shared/problem";
import { typedNumber } from "./parts/typed";

export interface Line {
  sku: string;
  name: string;
  product_id: string;
  variant_id: string | null;
  quantity: number;
}

export interface Priced {
  cart: Schemas["Cart"];
  /** Why the coupon was not taken. */
  refusal: string | null;
}

/** A product, or a variant of one, by its SKU. */
export async function lineOf(sku: string, quantity: string): Promise<Line> {
  const units = typedNumber("quantity", quantity);
  const product = await ask(openApi.GET("/v1/products/by-sku/{sku}", { params: { path: { sku } } }));
  const variant = product.variants?.find((one) => one.sku === sku);
  return {
    sku,
    name: product.name,
    product_id: product.product_id,
    variant_id: variant?.variant_id ?? null,
    quantity: units,
  };
}

export async function tryOut(lines: Line[], code: string | undefined): Promise<Priced> {
  const opened = await ask(openApi.POST("/v1/carts", { params: { header: keyed(newKey()) }, body: {} }));
  const header = { "X-Cart-Session": opened.session_id ?? "" };
  let cart = opened;
  for (const { product_id, variant_id, quantity } of lines) {
    const params = { header: { ...header, ...keyed(newKey()) } };
    const body = { product_id, variant_id, quantity };
    cart = await ask(openApi.POST("/v1/carts/current/items", { params, body }));
  }
  if (!code) return { cart, refusal: null };
  try {
    const params = { header };
    return { cart: await ask(openApi.PUT("/v1/carts/current/coupon", { params, body: { code } })), refusal: null };
  } catch (error) {
    if (error instanceof Problem && !error.transient) return { cart, refusal: error.detail };
    throw error;
  }
}
