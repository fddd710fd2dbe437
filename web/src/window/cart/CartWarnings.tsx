/** What has changed about the cart since its things were put in. */

import { Note } from "@/shared/components";
import { money } from "@/shared/money";
import { count } from "@/shared/words";
import type { Cart } from "./cart";

type Warning = Cart["warnings"][number];

export function CartWarnings({ cart }: { cart: Cart }) {
  if (cart.warnings.length === 0) return null;
  return (
    <Note tone="warn">
      <ul>
        {cart.warnings.map((warning) => (
          <li key={JSON.stringify(warning)}>{told(warning, cart)}</li>
        ))}
      </ul>
    </Note>
  );
}

function told(warning: Warning, cart: Cart): string {
  const item = "item_id" in warning ? cart.items.find((line) => line.id === warning.item_id) : undefined;
  const name = item?.product_name ?? "Something";
  switch (warning.code) {
    case "price_changed":
      return `${name} now costs ${money(warning.price)}; it was ${money(warning.old_price)}.`;
    case "insufficient_stock":
      return `${name}: only ${warning.available} left.`;
    case "product_unavailable":
      return `${name} cannot be bought at the moment.`;
    case "no_shipping_method":
      return "The shipping method you chose is not offered any more.";
    case "cart_full":
      return `The cart is full: ${count(warning.left_out, "line")} of your other cart had no room.`;
    case "coupon_removed":
      return `The coupon ${warning.coupon_code} was taken off: ${warning.reason}`;
  }
}
