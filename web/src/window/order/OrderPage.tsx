/** An order, followed while it moves: where it is, what it holds, what was paid, and what can still be done. */

import { useLocation, useRoute } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Note, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment } from "@/shared/words";
import { addressLine } from "../account/AddressForm";
import { Totals } from "../cart/Totals";
import { useFollowing } from "../following";
import { Picture } from "../shop/Picture";
import { useTitle } from "../title";
import { CancelOrder } from "./CancelOrder";
import { Parcels } from "./Parcels";
import { Payments } from "./Payments";
import { Returns } from "./Returns";
import { Story } from "./Story";

export type Order = Schemas["OrderDocument"];

const CANCELLABLE = ["pending", "confirmed", "processing"];

export default function OrderPage() {
  const { id = "" } = useRoute().params;
  const { query } = useLocation();
  const order = useLoaded(() => ask(api.GET("/v1/orders/{order_id}", { params: { path: { order_id: id } } })), [id]);
  const { status, payment_status, refunded_amount, version } = order.data ?? {};
  useTitle(order.data?.order_number);
  const state = `${status} ${payment_status} ${refunded_amount?.amount} ${version}`;
  useFollowing(order.reload, order.data !== undefined && !isOver(order.data), state);
  return (
    <Shown of={order} lines={8}>
      {(found) => (
        <div class="stack stack-loose">
          {query.new && <Note tone="good">Thank you! Your order is placed; a mail is on its way.</Note>}
          <Head order={found} />
          <Story order={found} />
          <div class="with-summary">
            <div class="stack stack-loose">
              <Lines order={found} />
              <Parcels orderId={found.order_id} state={state} />
              <Returns order={found} />
            </div>
            <div class="stack">
              <aside class="card stack" aria-label="What it came to">
                <Totals
                  of={found}
                  adjustments={found.adjustments}
                  shippingLabel={null}
                  taxIncluded={found.prices_include_tax}
                />
              </aside>
              <Payments order={found} state={state} />
              <section class="card stack stack-tight" aria-labelledby="to-title">
                <h2 id="to-title">Where to</h2>
                <p>
                  <strong>{found.shipping_address.full_name}</strong>
                  <br />
                  {addressLine(found.shipping_address)}
                </p>
              </section>
              {CANCELLABLE.includes(found.status) && <CancelOrder order={found} done={order.set} />}
            </div>
          </div>
        </div>
      )}
    </Shown>
  );
}

/** Nothing more happens to it by itself; what the customer does next shows at once. */
function isOver(order: Order): boolean {
  const back = order.payment_status === "refunded" || order.payment_status === "failed";
  if (order.status === "cancelled") return back || order.payment_method === "cod";
  return order.status === "refunded" || order.status === "delivered";
}

function Head({ order }: { order: Order }) {
  return (
    <header class="row row-apart">
      <div>
        <h1>Order {order.order_number}</h1>
        <p class="soft">
          {moment(order.created_at)} · {money(order.total_amount)}
        </p>
      </div>
      <p class="row" role="status" aria-live="polite" aria-label="Status">
        <Badge of={order.status} />
        <Badge of={order.payment_status} label={`Payment ${order.payment_status}`} />
      </p>
    </header>
  );
}

function Lines({ order }: { order: Order }) {
  return (
    <section class="stack" aria-labelledby="lines-title">
      <h2 id="lines-title">What you ordered</h2>
      <ul class="cart-lines">
        {order.items.map((item) => (
          <li key={item.order_item_id} class="cart-line">
            <Picture id={item.product_id} name={item.product_name} url={item.product_image_url} />
            <div>
              <h3>
                <a href={`/products/${item.product_id}`}>{item.product_name}</a>
              </h3>
              <p class="small soft">
                {[item.color, item.size, item.product_sku].filter(Boolean).join(" · ")}
                <br />
                {item.quantity} × {money(item.unit_price)}
              </p>
            </div>
            <p class="cart-line-price">{money(item.total_price)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
