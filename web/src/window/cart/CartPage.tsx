/** The cart: its lines, what changed since, a coupon, an estimate, and what it adds up to. */

import { useEffect, useState } from "preact/hooks";
import { ButtonLink, Empty, Failed, Loading } from "@/shared/components";
import { asProblem, type Problem } from "@/shared/problem";
import { useTitle } from "../title";
import { CartLine } from "./CartLine";
import { CartWarnings } from "./CartWarnings";
import { Coupon } from "./Coupon";
import { cart, loadCart } from "./cart";
import { Estimate } from "./Estimate";
import { Totals } from "./Totals";

export default function CartPage() {
  useTitle("Your cart");
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = (): void => {
    setProblem(null);
    loadCart().catch((error: unknown) => setProblem(asProblem(error)));
  };
  useEffect(load, []);
  const held = cart.value;
  if (problem && !held) return <Failed problem={problem} retry={load} />;
  if (held === undefined) return <Loading lines={6} />;
  if (held === null || held.items.length === 0) {
    return (
      <Empty title="Your cart is empty" icon="cart">
        <p>Whatever you put in stays here, also before you sign in.</p>
        <ButtonLink kind="primary" href="/search">
          Look around
        </ButtonLink>
      </Empty>
    );
  }
  return (
    <div class="stack stack-loose">
      <h1>Your cart</h1>
      <CartWarnings cart={held} />
      <div class="with-summary">
        <ul class="cart-lines">
          {held.items.map((item) => (
            <CartLine key={item.id} item={item} />
          ))}
        </ul>
        <aside class="card stack" aria-label="Summary">
          <Totals of={held} adjustments={held.adjustments} shippingLabel={held.shipping_estimate?.method_name} />
          <ButtonLink kind="primary" href="/checkout">
            Check out
          </ButtonLink>
          <Coupon cart={held} />
          <details>
            <summary>Estimate shipping</summary>
            <Estimate cart={held} />
          </details>
        </aside>
      </div>
    </div>
  );
}
