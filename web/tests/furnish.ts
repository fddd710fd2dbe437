/** What the tests find on the shelves: departments, a few things of their own, a coupon and an offer. Again is the same. */

import { admin, type Client, type Json, Refused, until } from "./shop.ts";

export const TEA = "breeze-oolong";
export const GIFT = "captains-hamper";
export const COUPON = "FAIRWIND";
export const OFFER = "Three for two";

const DEPARTMENTS: Json[] = [
  { name: "Tea", slug: "tea", description: "Single estates and house blends, picked this year.", sort_order: 1 },
  { name: "Pots and cups", slug: "pots-and-cups", description: "Thrown, blown and enamelled.", sort_order: 2 },
  { name: "Pantry", slug: "pantry", description: "What goes beside the cup.", sort_order: 3 },
  { name: "Gifts", slug: "gifts", description: "Wrapped and ready.", sort_order: 4 },
];
/** What an import may have put on the shelves, and where it belongs. */
const SORTED: Record<string, string[]> = {
  tea: ["assam-breakfast", "darjeeling-first-flush", "sencha-asamushi", "chamomile-whole", "matcha-ceremonial"],
  "pots-and-cups": ["kyusu-teapot", "glass-teapot", "enamel-mug", "tasting-cup"],
  pantry: ["sugar-crystals", "ginger-biscuits", "honey-lime"],
  gifts: ["gift-card-note", "sampler-box"],
};
const CHOSEN = ["matcha-ceremonial", "kyusu-teapot", "glass-teapot", "honey-lime", "sencha-asamushi", "sampler-box"];
const usd = (amount: number): Json => ({ amount, currency: "USD" });

export default async function furnish(): Promise<void> {
  const staff = await admin();
  const ids: Record<string, string> = {};
  for (const department of DEPARTMENTS) {
    const made = await once(staff.post("/v1/categories", department));
    const slug = department.slug as string;
    ids[slug] = ((made ?? (await staff.get(`/v1/categories/by-slug/${slug}`))) as { category_id: string }).category_id;
  }
  for (const [slug, products] of Object.entries(SORTED)) {
    for (const product of products) {
      await once(staff.put(`/v1/products/${product}/categories/${ids[slug]}`, { is_primary: true }));
    }
  }
  for (const product of CHOSEN) await once(choose(staff, product));
  await stockProducts(staff, ids);
  const coupon = { code: COUPON, name: "Fair wind", type: "percentage", discount_value: 1000, currency: "USD" };
  await once(staff.post("/v1/coupons", coupon));
  await offer(staff);
}

/** Shown on the first page. */
async function choose(staff: Client, productId: string): Promise<void> {
  const path = `/v1/products/${productId}`;
  const { is_featured, version } = await staff.get<{ is_featured: boolean; version: number }>(path);
  if (!is_featured) await staff.patch(path, version, { is_featured: true });
}

async function stockProducts(staff: Client, ids: Record<string, string>): Promise<void> {
  const tea = {
    product_id: TEA,
    sku: "BREEZE",
    name: "Breeze oolong",
    short_description: "Half-oxidised, orchid and cream, from a slope that faces the sea.",
    description: "<p>Picked by hand in April.</p><p>Three minutes at ninety degrees; good for five infusions.</p>",
    price: usd(1850),
    status: "active",
    is_featured: true,
    brand: { name: "Harbour & Vale" },
    category_ids: [ids.tea],
    tags: ["tea", "oolong"],
    weight_grams: 120,
    specifications: { origin: "Wuyi" },
    variants: [
      { sku: "BREEZE-50", name: "50 g", size: "50 g", attributes: { Size: "50 g" }, price: usd(1850) },
      { sku: "BREEZE-100", name: "100 g", size: "100 g", attributes: { Size: "100 g" }, price: usd(3400) },
    ],
  };
  const hamper = {
    product_id: GIFT,
    sku: "HAMPER",
    name: "Captain's gift box",
    short_description: "Tea, biscuits and honey for a long watch.",
    price: usd(4200),
    compare_at_price: usd(4900),
    status: "active",
    is_featured: true,
    brand: { name: "Mill Lane Bakery" },
    category_ids: [ids.gifts],
    tags: ["gift"],
  };
  for (const product of [tea, hamper]) await once(staff.post("/v1/products", product));
  for (const sku of ["BREEZE-50", "BREEZE-100", "HAMPER"]) await restock(staff, sku);
}

async function restock(staff: Client, sku: string): Promise<void> {
  const item = await until(async () => {
    const page = await staff.get<{ data: { inventory_id: string; quantity: number }[] }>(
      `/v1/inventory-items?sku=${sku}`,
    );
    return page.data[0];
  });
  if (item.quantity > 100) return;
  await staff.post(`/v1/inventory-items/${item.inventory_id}/restocks`, { quantity: 500, reason: "for the tests" });
}

/** For three hampers one pays two. */
async function offer(staff: Client): Promise<void> {
  const { data } = await staff.get<{ data: { name: string }[] }>("/v1/promotions?limit=100");
  if (data.some((known) => known.name === OFFER)) return;
  const configuration = { product_ids: [GIFT], buy_quantity: 2, get_quantity: 1 };
  const made = await staff.post<{ id: string }>("/v1/promotions", { name: OFFER, type: "buy_x_get_y", configuration });
  await staff.post(`/v1/promotions/${made.id}/status-changes`, { status: "active" });
}

/** What is there already, or not at all, is fine. */
async function once<T>(wish: Promise<T>): Promise<T | null> {
  try {
    return await wish;
  } catch (error) {
    if (error instanceof Refused && [404, 409].includes(error.status)) return null;
    throw error;
  }
}
