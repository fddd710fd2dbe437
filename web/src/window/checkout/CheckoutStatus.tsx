/** A checkout on its way: it is followed until there is an order, a question from the bank, or a reason why not. */

import { useEffect } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { ButtonLink, Empty, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { cart, loadCart } from "../cart/cart";
import { useFollowing } from "../following";
import { useTitle } from "../title";
import { BankStep } from "./BankStep";
import { whyNot } from "./failures";

type Checkout = Schemas["Checkout"];

const MOVING = ["pending", "in_progress", "awaiting_payment", "compensating"];

export default function CheckoutStatus() {
  useTitle("Your order is being placed");
  const { route } = useLocation();
  const { id = "" } = useRoute().params;
  const checkout = useLoaded(
    () => ask(api.GET("/v1/checkouts/{checkout_id}", { params: { path: { checkout_id: id } } })),
    [id],
  );
  const { status, order_id } = checkout.data ?? {};
  useFollowing(checkout.reload, status !== undefined && MOVING.includes(status), status ?? "");
  useEffect(() => {
    if (!status || MOVING.includes(status)) return;
    if (status === "succeeded") {
      cart.value = null; // bought; the next page that shows a cart asks for a new one
      route(`/orders/${order_id}?new=yes`, true);
    } else loadCart().catch(() => undefined);
  }, [status]);
  return <Shown of={checkout}>{(found) => <Standing checkout={found} reload={checkout.reload} />}</Shown>;
}

function Standing({ checkout, reload }: { checkout: Checkout; reload: () => void }) {
  switch (checkout.status) {
    case "awaiting_payment":
      return <BankStep checkout={checkout} reload={reload} />;
    case "failed":
    case "compensation_failed":
      return (
        <Empty title="There is no order" icon="alert">
          <p role="alert">{whyNot(checkout)}</p>
          <p class="soft">Your cart is as it was. Nothing has been charged, or it is given back.</p>
          <div class="row">
            <ButtonLink kind="primary" href="/checkout">
              Back to checkout
            </ButtonLink>
            <ButtonLink href="/cart">To the cart</ButtonLink>
          </div>
        </Empty>
      );
    default:
      return (
        <div class="empty" role="status">
          <span class="sailing" aria-hidden="true" />
          <h1>{checkout.status === "compensating" ? "Taking it back…" : "Placing your order…"}</h1>
          <p>Number {checkout.order_number}. This takes a few seconds; you may leave this page.</p>
        </div>
      );
  }
}
