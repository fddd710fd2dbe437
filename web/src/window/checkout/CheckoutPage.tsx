/** Checkout: where to, how, what with; then the sum that is agreed on. */

import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useAction } from "@/shared/acting";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Button, ButtonLink, Empty, Failed, Loading, ProblemNote } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { session } from "@/shared/session";
import { askToSignIn } from "@/shared/sign-in";
import { CartWarnings } from "../cart/CartWarnings";
import { type Cart, cart, estimateShipping, loadCart } from "../cart/cart";
import type { Quote } from "../cart/quotes";
import { Totals } from "../cart/Totals";
import { useTitle } from "../title";
import { AddressStep } from "./AddressStep";
import { type Payment, PaymentStep } from "./PaymentStep";
import { ShippingStep } from "./ShippingStep";

type Address = Schemas["Address"];

export default function CheckoutPage() {
  useTitle("Checkout");
  const opened = useLoaded(loadCart, [session.value?.userId]);
  const held = cart.value;
  if (opened.problem) return <Failed problem={opened.problem} retry={opened.reload} />;
  if (held === undefined || (opened.loading && !held)) return <Loading lines={8} />;
  if (!held || held.items.length === 0) {
    return (
      <Empty title="There is nothing to check out" icon="cart">
        <ButtonLink href="/search">Look around</ButtonLink>
      </Empty>
    );
  }
  if (!session.value) {
    return (
      <Empty title="Who is buying?" icon="person">
        <p>Your cart comes along.</p>
        <div class="row">
          <Button kind="primary" onClick={askToSignIn}>
            Sign in
          </Button>
          <ButtonLink href="/register?next=/checkout">Open an account</ButtonLink>
        </div>
      </Empty>
    );
  }
  return <Steps held={held} />;
}

function Steps({ held }: { held: Cart }) {
  const { route } = useLocation();
  const [address, setAddress] = useState<Address | null>(null);
  const [quote, setQuote] = useState<Quote | null>(null);
  const [payment, setPayment] = useState<Payment | null>(null);
  const estimate = useAction(async (_key, to: Address, method: Quote) => {
    const { country, state, postal_code } = to;
    await estimateShipping({ country, state: state ?? null, postal_code, method_id: method.method_id });
  });
  useEffect(() => {
    if (address && quote) void estimate.act(address, quote);
  }, [address, quote]);
  const place = useAction(async (key) => {
    if (!address || !quote || !payment) return;
    const body = {
      cart_id: held.cart_id,
      cart_version: held.version,
      expected_total: held.total_amount,
      shipping_address_id: address.address_id,
      shipping_method_id: quote.method_id,
      ...payment,
    };
    const checkout = await ask(api.POST("/v1/checkouts", { params: { header: keyed(key) }, body }));
    route(`/checkouts/${checkout.checkout_id}`);
  });
  const agreed = address && quote && payment && held.shipping_estimate?.method_id === quote.method_id;
  useEffect(() => {
    if (place.problem && !place.problem.transient) loadCart().catch(() => undefined);
  }, [place.problem]);
  return (
    <div class="stack stack-loose">
      <h1>Checkout</h1>
      <CartWarnings cart={held} />
      <div class="with-summary">
        <div class="stack stack-loose">
          <AddressStep chosen={address} choose={setAddress} />
          <ShippingStep cart={held} address={address} chosen={quote} choose={setQuote} />
          <PaymentStep chosen={payment} choose={setPayment} currency={held.currency} />
        </div>
        <aside class="card stack" aria-label="What you pay">
          <ul class="stack stack-tight">
            {held.items.map((item) => (
              <li key={item.id} class="row row-apart small">
                <span>
                  {item.quantity} × {item.product_name}
                </span>
              </li>
            ))}
          </ul>
          <Totals of={held} adjustments={held.adjustments} shippingLabel={held.shipping_estimate?.method_name} />
          {estimate.problem && <ProblemNote problem={estimate.problem} />}
          {place.problem && <ProblemNote problem={place.problem} />}
          <Button
            kind="primary"
            icon="lock"
            busy={place.busy || estimate.busy}
            disabled={!agreed}
            onClick={() => place.act()}
          >
            {place.problem?.transient ? "Try again" : "Pay and order"}
          </Button>
          {!agreed && <p class="small soft">Choose an address, a shipping method and how to pay.</p>}
        </aside>
      </div>
    </div>
  );
}
