/** How: the methods that reach the address. */

import { useEffect } from "preact/hooks";
import type { Schemas } from "@/shared/api";
import { Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import type { Cart } from "../cart/cart";
import { QuoteChoice } from "../cart/QuoteChoice";
import { type Quote, quotesFor } from "../cart/quotes";
import { Step } from "./Step";

interface ShippingStepProps {
  cart: Cart;
  address: Schemas["Address"] | null;
  chosen: Quote | null;
  choose: (quote: Quote | null) => void;
}

export function ShippingStep({ cart, address, chosen, choose }: ShippingStepProps) {
  const goods = JSON.stringify([cart.items.map((item) => [item.id, item.quantity]), cart.subtotal]);
  const quotes = useLoaded(
    async () => (address ? quotesFor(cart, address) : []),
    [address?.address_id, address?.version, goods],
  );
  useEffect(() => {
    if (quotes.loading || !quotes.data) return;
    const preferred = chosen?.method_id ?? cart.shipping_estimate?.method_id;
    choose(quotes.data.find((quote) => quote.method_id === preferred) ?? quotes.data[0] ?? null);
  }, [quotes.data, quotes.loading]);
  return (
    <Step number={2} title="How">
      {address ? (
        <Shown of={quotes}>
          {(offered) => <QuoteChoice quotes={offered} chosen={chosen?.method_id ?? null} choose={choose} />}
        </Shown>
      ) : (
        <p class="soft">First, where to?</p>
      )}
    </Step>
  );
}
