/** What a cart or an order adds up to, every step explained. */

import type { Schemas } from "@/shared/api";
import { type Money, minus, money } from "@/shared/money";
import { words } from "@/shared/words";

export type Adjustment = Pick<Schemas["OrdersAdjustment"], "type" | "id" | "name" | "reason"> & {
  code?: string | null;
  amount?: Money | null;
};

interface TotalsProps {
  of: { subtotal: Money; discount_amount: Money; shipping_amount: Money; tax_amount: Money; total_amount: Money };
  adjustments: Adjustment[];
  shippingLabel?: string | null;
  taxIncluded?: boolean;
  children?: preact.ComponentChildren;
}

export function Totals({ of, adjustments, shippingLabel, taxIncluded = false, children }: TotalsProps) {
  return (
    <dl class="totals">
      <Line label="Goods" amount={of.subtotal} />
      {adjustments.map((adjustment) => (
        <Explained key={`${adjustment.type}-${adjustment.id}`} adjustment={adjustment} />
      ))}
      <Line label={shippingLabel ? `Shipping, ${shippingLabel}` : "Shipping"} amount={of.shipping_amount} />
      <Line label={taxIncluded ? "Tax included" : "Tax"} amount={of.tax_amount} />
      <div class="totals-sum">
        <dt>Total</dt>
        <dd>{money(of.total_amount)}</dd>
      </div>
      {of.discount_amount.amount > 0 && (
        <div class="small soft">
          <dt>Saved in all</dt>
          <dd>{money(of.discount_amount)}</dd>
        </div>
      )}
      {children}
    </dl>
  );
}

/** Why the price is another, for the reasons that the shop itself has. */
const REASONS: Record<string, string> = {
  bundle: "Together for one price",
  buy_x_get_y: "Buy some, get some for less",
  fixed_amount: "An amount off",
  free_shipping: "We pay the postage",
  percentage: "A percentage off",
  volume_discount: "The more you take, the less each costs",
};

export function Line({ label, amount }: { label: string; amount: Money }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{money(amount)}</dd>
    </div>
  );
}

/** What changed the price, by whose leave and why. */
function Explained({ adjustment }: { adjustment: Adjustment }) {
  const { name, code, reason, amount } = adjustment;
  return (
    <div class="totals-why">
      <dt>
        {name}
        {code && <code> {code}</code>}
        <span class="small soft">{REASONS[reason] ?? words(reason)}</span>
      </dt>
      <dd>{amount && amount.amount > 0 ? money(minus(amount)) : money(amount)}</dd>
    </div>
  );
}
