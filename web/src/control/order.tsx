/** One order: what it is, its story, and the way its checkout took. */

import { useRoute } from "preact-iso";
import type { Schemas } from "@/shared/api";
import { Badge, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment, words } from "@/shared/words";
import { OrderActions } from "./order-actions";
import { Facts, Page, Part } from "./parts/page";
import { usePolling } from "./parts/polling";
import Runs from "./saga/runs";
import { readStory, type Story } from "./story/read";
import { Timeline } from "./story/timeline";

type Order = Schemas["OrderDocument"];

export default function OrderPage() {
  const { id = "" } = useRoute().params;
  const story = useLoaded(() => readStory(id), [id]);
  const { order } = story.data ?? {};
  usePolling(story.reload, 10);
  return (
    <Page
      title={order?.order_number ?? "Order"}
      back={{ label: "Orders", href: "/control/orders" }}
      beside={order && <States of={order} />}
      actions={order && <OrderActions of={order} changed={story.reload} />}
    >
      <Shown of={story} lines={8}>
        {(told) => (
          <div class="columns">
            <div class="stack">
              {told.order && <Summary of={told.order} />}
              {told.order && <Goods of={told.order} />}
              {told.runs && (
                <Part title="Checkout">
                  <Runs of={told.runs} />
                </Part>
              )}
            </div>
            <div class="stack">
              <Related of={told} />
              <Part title="Story">
                <Timeline of={told} />
              </Part>
            </div>
          </div>
        )}
      </Shown>
    </Page>
  );
}

function States({ of }: { of: Order }) {
  return (
    <>
      <Badge of={of.status ?? "pending"} />
      <Badge of={of.payment_status ?? "pending"} label={`Payment ${of.payment_status}`} />
    </>
  );
}

function Summary({ of }: { of: Order }) {
  const { shipping_address: to } = of;
  return (
    <Part title="Order">
      <Facts
        of={[
          ["Total", money(of.total_amount)],
          ["Refunded", of.refunded_amount.amount > 0 && money(of.refunded_amount)],
          ["Placed", moment(of.created_at)],
          ["Paid by", words(of.payment_method)],
          ["Coupon", of.coupon_code],
          ["Customer", <a href={`/control/orders?customer=${of.user_id}`}>{of.user_id}</a>],
          ["Ships to", [to.full_name, to.city, to.postal_code, to.country].filter(Boolean).join(", ")],
        ]}
      />
    </Part>
  );
}

function Goods({ of }: { of: Order }) {
  const sums: [string, Schemas["Money"]][] = [
    ["Goods", of.subtotal],
    ["Discount", { ...of.discount_amount, amount: -of.discount_amount.amount }],
    ["Shipping", of.shipping_amount],
    ["Tax", of.tax_amount],
    ["Total", of.total_amount],
  ];
  return (
    <Part title="Goods">
      <Table
        caption="Goods of the order"
        rows={of.items}
        keyOf={(item) => item.order_item_id}
        columns={[
          { title: "Product", cell: (item) => item.product_name },
          { title: "SKU", cell: (item) => <a href={`/control/stock/${item.product_sku}`}>{item.product_sku}</a> },
          { title: "Each", numeric: true, cell: (item) => money(item.unit_price) },
          { title: "Quantity", numeric: true, cell: (item) => item.quantity },
          { title: "Total", numeric: true, cell: (item) => money(item.total_price) },
        ]}
      />
      <dl class="sums">
        {sums
          .filter(([, amount]) => amount.amount !== 0)
          .map(([name, amount]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{money(amount)}</dd>
            </div>
          ))}
      </dl>
      {(of.adjustments ?? []).map((one) => (
        <p key={one.id} class="small soft">
          {one.name} ({words(one.type)}): {one.reason} {one.amount && money(one.amount)}
        </p>
      ))}
    </Part>
  );
}

function Related({ of }: { of: Story }) {
  if (of.payments.length + of.returns.length + of.shipments.length === 0) return null;
  return (
    <Part title="Belongs to it">
      <ul class="stack stack-tight">
        {of.payments.map((payment) => (
          <li key={payment.payment_id} class="row row-apart">
            <a href={`/control/payments/${payment.payment_id}`}>{payment.payment_number}</a>
            <Badge of={payment.status ?? "pending"} />
          </li>
        ))}
        {of.shipments.map((parcel) => (
          <li key={parcel.id} class="row row-apart">
            <span>
              {parcel.carrier} {parcel.tracking_number}
            </span>
            <Badge of={parcel.status ?? "pending"} />
          </li>
        ))}
        {of.returns.map((back) => (
          <li key={back.id} class="row row-apart">
            <a href={`/control/returns/${back.id}`}>{back.rma_number}</a>
            <Badge of={back.status ?? "pending"} />
          </li>
        ))}
      </ul>
    </Part>
  );
}
