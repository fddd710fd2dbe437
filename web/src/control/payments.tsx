/** All payments, newest first. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, type Column } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment, words } from "@/shared/words";
import { ChoiceFilter, Filters, known, TextFilter, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";

type Payment = Schemas["Payment"];

const STATUSES = ["pending", "processing", "succeeded", "failed", "cancelled", "refunded"] as const;

const COLUMNS: Column<Payment>[] = [
  { title: "Payment", cell: (one) => <a href={`/control/payments/${one.payment_id}`}>{one.payment_number}</a> },
  { title: "Status", cell: (one) => <Badge of={one.status ?? "pending"} /> },
  { title: "By", cell: (one) => words(one.payment_method) },
  { title: "Amount", numeric: true, cell: (one) => money(one.amount) },
  { title: "Refunded", numeric: true, cell: (one) => one.refunded_amount.amount > 0 && money(one.refunded_amount) },
  { title: "Made", cell: (one) => moment(one.created_at) },
  { title: "Order", cell: (one) => <a href={`/control/orders/${one.order_id}`}>Order</a> },
  { title: "Why it failed", cell: (one) => one.failure_reason },
];

export default function Payments() {
  const [status, setStatus] = useFilter("status");
  const [day, setDay] = useFilter("day");
  const query = { status: known(status, STATUSES), day: day || null };
  const rows = useRows(
    (cursor) => ask(api.GET("/v1/admin/payments", { params: { query: { ...query, cursor: cursor ?? null } } })),
    [status, day],
  );
  return (
    <Page title="Payments">
      <Filters>
        <ChoiceFilter label="Status" value={status} options={STATUSES} set={setStatus} />
        <TextFilter label="Day" type="date" value={day} set={setDay} />
      </Filters>
      <List
        of={rows}
        caption="Payments"
        columns={COLUMNS}
        keyOf={(one) => one.payment_id}
        none="No payment is like that"
      />
    </Page>
  );
}
