/** All orders, newest first, by what is asked of them. */

import { useLocation } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, type Column } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment, words } from "@/shared/words";
import { ChoiceFilter, Filters, known, TextFilter, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";
import { usePolling } from "./parts/polling";

type Order = Schemas["Order"];

const STATUSES = ["pending", "confirmed", "processing", "shipped", "delivered", "cancelled", "refunded"] as const;

const COLUMNS: Column<Order>[] = [
  { title: "Order", cell: (order) => <a href={`/control/orders/${order.order_id}`}>{order.order_number}</a> },
  { title: "Status", cell: (order) => <Badge of={order.status ?? "pending"} /> },
  { title: "Payment", cell: (order) => <Badge of={order.payment_status ?? "pending"} /> },
  { title: "By", cell: (order) => words(order.payment_method) },
  { title: "Total", numeric: true, cell: (order) => money(order.total_amount) },
  { title: "Placed", cell: (order) => moment(order.created_at) },
  { title: "Customer", cell: (order) => <Customer of={order} /> },
];

export default function Orders() {
  const { route } = useLocation();
  const [status, setStatus] = useFilter("status");
  const [day, setDay] = useFilter("day");
  const [product, setProduct] = useFilter("product");
  const [customer, setCustomer] = useFilter("customer");
  const query = {
    status: known(status, STATUSES),
    day: day || null,
    product_id: product || null,
    user_id: customer || null,
  };
  const rows = useRows(
    (cursor) => ask(api.GET("/v1/admin/orders", { params: { query: { ...query, cursor: cursor ?? null } } })),
    [status, day, product, customer],
  );
  usePolling(rows.reload, 15, rows.rows.length <= 20);
  return (
    <Page title="Orders">
      <Filters>
        <TextFilter
          label="Go to order"
          value=""
          placeholder="Number or id"
          set={(asked) => asked && route(`/control/orders/${encodeURIComponent(asked)}`)}
        />
        <ChoiceFilter label="Status" value={status} options={STATUSES} set={setStatus} />
        <TextFilter label="Day" type="date" value={day} set={setDay} />
        <TextFilter label="Product id" value={product} set={setProduct} />
        <TextFilter label="Customer id" value={customer} set={setCustomer} />
      </Filters>
      <List
        of={rows}
        caption="Orders"
        columns={COLUMNS}
        keyOf={(order) => order.order_id}
        none="No order is like that"
      />
    </Page>
  );
}

function Customer({ of }: { of: Order }) {
  return (
    <a class="id" href={`/control/orders?customer=${of.user_id}`}>
      {of.user_id}
    </a>
  );
}
