/** Choosing among variants by what they differ in: colour, size, or just their names. */

import type { Product, Variant } from "./ProductPage";

export type Chosen = Record<string, string>;

export interface Dimension {
  name: string;
  values: string[];
}

/** What distinguishes this variant, by name. */
export function traits(variant: Variant): Chosen {
  const given = variant.attributes;
  if (typeof given === "object" && given !== null) {
    const told = Object.entries(given).filter((pair): pair is [string, string] => typeof pair[1] === "string");
    if (told.length > 0) return Object.fromEntries(told);
  }
  const { color, size, name, sku } = variant;
  const told = { ...(color ? { Color: color } : {}), ...(size ? { Size: size } : {}) };
  return Object.keys(told).length > 0 ? told : { Option: name ?? sku };
}

export function dimensions(product: Product): Dimension[] {
  const found = new Map<string, Set<string>>();
  for (const variant of product.variants) {
    for (const [name, value] of Object.entries(traits(variant))) {
      found.set(name, (found.get(name) ?? new Set()).add(value));
    }
  }
  return [...found].map(([name, values]) => ({ name, values: [...values] }));
}

export function variantOf(product: Product, chosen: Chosen): Variant | null {
  return product.variants.find((variant) => matches(traits(variant), chosen)) ?? null;
}

/** The one shown first: what can be had, if anything can. */
export function firstOf(product: Product): Variant | null {
  const inStock = product.variants.find((variant) => variant.available && variant.stock_status !== "out_of_stock");
  return inStock ?? product.variants[0] ?? null;
}

const matches = (own: Chosen, chosen: Chosen): boolean =>
  Object.keys({ ...own, ...chosen }).every((name) => own[name] === chosen[name]);
