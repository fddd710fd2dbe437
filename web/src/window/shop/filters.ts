/** What a search asks for, as the page's address says it. */

import type { paths } from "@/api/schema";

type Query = NonNullable<paths["/v1/search/products"]["get"]["parameters"]["query"]>;

export type Filters = Record<string, string>;

const WORDS = ["q", "category", "brand", "tag", "sort", "min_rating"] as const;
const FLAGS = ["on_sale", "in_stock", "featured"] as const;
const AMOUNTS = ["min_price", "max_price"] as const;

/** The address's words as the API wants them; what it does not know is left out. */
export function asQuery(filters: Filters): Query {
  const query: Record<string, string | number | boolean> = {};
  for (const name of WORDS) if (filters[name]) query[name] = filters[name];
  for (const name of FLAGS) if (filters[name] === "true") query[name] = true;
  for (const name of AMOUNTS) if (/^\d+$/.test(filters[name] ?? "")) query[name] = Number(filters[name]);
  return query as Query;
}

/** The address of the same search with some of it changed; null takes a filter away. */
export function addressOf(path: string, filters: Filters, changes: Record<string, string | null>): string {
  const merged = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filters, ...changes })) if (value) merged.set(name, value);
  const query = merged.toString();
  return query ? `${path}?${query}` : path;
}
