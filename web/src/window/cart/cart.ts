/** The cart on all pages: a guest's is known by a cookie of the page, and comes along at sign-in. */

import { computed, effect, signal } from "@preact/signals";
import { api, ask, at, find, keyed, newKey, type Schemas } from "@/shared/api";
import { readCookie, writeCookie } from "@/shared/cookies";
import { Problem } from "@/shared/problem";
import { resumed, session, settled } from "@/shared/session";

export type Cart = Schemas["Cart"];
export type CartItem = Schemas["Item"];

const GUEST = "tradewind_cart";

export const cart = signal<Cart | null | undefined>(undefined);
export const itemCount = computed(() => (cart.value?.items ?? []).reduce((sum, item) => sum + item.quantity, 0));

/** Says whose cart is meant; the client leaves it out for who is signed in. */
function whose(): { "X-Cart-Session"?: string } {
  const guest = readCookie(GUEST);
  return guest && !session.peek() ? { "X-Cart-Session": guest } : {};
}

const nobodys = (): boolean => !session.peek() && !readCookie(GUEST);

export async function loadCart(): Promise<void> {
  await resumed;
  cart.value = nobodys() ? null : await find(api.GET("/v1/carts/current", { params: { header: whose() } }));
}

export async function addToCart(body: Schemas["AddItem"], key: string): Promise<void> {
  await resumed;
  if (nobodys()) await openGuestCart();
  const add = () =>
    ask(api.POST("/v1/carts/current/items", { params: { header: { ...whose(), ...keyed(key) } }, body }));
  try {
    cart.value = await add();
  } catch (error) {
    const gone = error instanceof Problem && error.status === 404 && !session.peek() && error.code === "not_found";
    if (!gone) throw error;
    await openGuestCart(); // the old one has expired
    cart.value = await add();
  }
}

async function openGuestCart(): Promise<void> {
  const opened = await ask(api.POST("/v1/carts", { params: { header: keyed(newKey()) }, body: {} }));
  writeCookie(GUEST, opened.session_id);
}

export async function changeQuantity(item: CartItem, quantity: number): Promise<void> {
  const path = { item_id: item.id };
  cart.value = await atItsVersion((header) =>
    ask(api.PATCH("/v1/carts/current/items/{item_id}", { params: { path, header }, body: { quantity } })),
  );
}

export async function removeItem(item: CartItem): Promise<void> {
  const path = { item_id: item.id };
  cart.value = await atItsVersion((header) =>
    ask(api.DELETE("/v1/carts/current/items/{item_id}", { params: { path, header } })),
  );
}

type Versioned = ReturnType<typeof whose> & ReturnType<typeof at>;

/** A cart that changed by itself, as by a new price, is read again: what the customer wants of it is the same. */
async function atItsVersion(change: (header: Versioned) => Promise<Cart>): Promise<Cart> {
  const header = (): Versioned => ({ ...whose(), ...at(cart.peek()?.version) });
  try {
    return await change(header());
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 412) throw error;
    await loadCart();
    return change(header());
  }
}

export async function applyCoupon(code: string): Promise<void> {
  cart.value = await ask(api.PUT("/v1/carts/current/coupon", { params: { header: whose() }, body: { code } }));
}

export async function removeCoupon(): Promise<void> {
  cart.value = await ask(api.DELETE("/v1/carts/current/coupon", { params: { header: whose() } }));
}

export async function estimateShipping(body: Schemas["AskEstimate"]): Promise<Cart> {
  const estimated = await ask(api.PUT("/v1/carts/current/shipping-estimate", { params: { header: whose() }, body }));
  cart.value = estimated;
  return estimated;
}

/** What a guest put in stays theirs when they sign in; the cookie goes only when the shop has both in one. */
async function bringAlong(): Promise<void> {
  const guest = readCookie(GUEST);
  if (guest) {
    const params = { header: keyed(`merge-${guest}`) };
    await find(api.POST("/v1/carts/current/merges", { params, body: { session_id: guest } }));
    writeCookie(GUEST, null);
  }
  await loadCart();
}

/** Follow who is here. Without the shop the cart stays unknown; the cart's page then says why. */
export function followSession(): void {
  effect(() => {
    if (!settled.value) return;
    const following = session.value ? bringAlong() : loadCart();
    following.catch(() => undefined);
  });
}
