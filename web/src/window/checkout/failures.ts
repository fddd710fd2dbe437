/** Why a checkout did not become an order, in a sentence. */

import type { Schemas } from "@/shared/api";
import { type Money, money } from "@/shared/money";
import { words } from "@/shared/words";

const REASONS: Record<string, string> = {
  address_invalid: "We cannot deliver to this address.",
  cart_changed: "The cart changed meanwhile. Have a look and try again.",
  cart_empty: "The cart is empty.",
  cart_locked: "Another checkout is buying this cart at the moment.",
  checkout_cancelled: "You called it off.",
  coupon_exhausted: "The coupon has been used up.",
  coupon_invalid: "The coupon does not apply any more.",
  coupon_limit_per_user: "You have used this coupon as often as it allows.",
  no_shipping_method: "The shipping method is not offered any more.",
  out_of_stock: "Something has just been sold out.",
  payment_cancelled: "The payment was called off.",
  payment_declined: "The card was declined. Try another one.",
  payment_expired: "The bank did not hear from you in time.",
  product_unavailable: "Something in your cart cannot be bought any more.",
};

export function whyNot(checkout: Schemas["Checkout"]): string {
  const code = checkout.failure_code ?? "";
  const facts = (checkout.failure_detail ?? {}) as { expected_total?: Money; total_amount?: Money };
  if (code === "price_changed" && facts.total_amount) {
    return `The total is now ${money(facts.total_amount)}; you agreed to ${money(facts.expected_total)}.`;
  }
  return REASONS[code] ?? (code ? `${words(code)}.` : "The shop could not place the order.");
}
