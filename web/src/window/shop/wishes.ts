/** What the customer wishes for, known on all pages. */

import { effect, signal } from "@preact/signals";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { session } from "@/shared/session";

export type Wish = Schemas["WishlistItem"];

export const wishes = signal<Wish[]>([]);

export const isWished = (productId: string): boolean => wishes.value.some((wish) => wish.product_id === productId);

export async function loadWishes(): Promise<void> {
  wishes.value = (await ask(api.GET("/v1/users/me/wishlist-items", { params: { query: { limit: 100 } } }))).data;
}

export async function toggleWish(productId: string, key: string): Promise<void> {
  if (isWished(productId)) {
    await ask(api.DELETE("/v1/users/me/wishlist-items/{product_id}", { params: { path: { product_id: productId } } }));
    wishes.value = wishes.value.filter((wish) => wish.product_id !== productId);
    return;
  }
  const body = { product_id: productId };
  const made = await ask(api.POST("/v1/users/me/wishlist-items", { params: { header: keyed(key) }, body }));
  wishes.value = [made, ...wishes.value.filter((wish) => wish.product_id !== productId)];
}

/** Follow who is here; hearts stay empty while the shop cannot say. */
export function followWishes(): void {
  effect(() => {
    if (session.value) loadWishes().catch(() => undefined);
    else wishes.value = [];
  });
}
