/** The customer's orders. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, ButtonLink, Empty, Failed, Loading, More, Table } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { day } from "@/shared/words";

export function Orders() {
  const orders = useRows<Schemas["Order"]>(
    (cursor) => ask(api.GET("/v1/orders", { params: { query: { cursor, limit: 20 } } })),
    [],
  );
  if (orders.problem && !orders.first) return <Failed problem={orders.problem} retry={orders.reload} />;
  if (!orders.first) return <Loading lines={5} />;
  if (orders.rows.length === 0) {
    return (
      <Empty title="No orders yet" icon="box">
        <ButtonLink href="/search">Look around</ButtonLink>
      </Empty>
    );
  }
  return (
    <div>
      <Table
        caption="Your orders"
        rows={orders.rows}
        keyOf={(order) => order.order_id}
        columns={[
          { title: "Order", cell: (order) => <a href={`/orders/${order.order_id}`}>{order.order_number}</a> },
          { title: "Placed", cell: (order) => day(order.created_at) },
          { title: "Status", cell: (order) => <Badge of={order.status} /> },
          { title: "Total", cell: (order) => money(order.total_amount), numeric: true },
        ]}
      />
      <More of={orders} />
    </div>
  );
}
