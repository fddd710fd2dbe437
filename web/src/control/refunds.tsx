/** All refunds, newest first. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, type Column } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment, words } from "@/shared/words";
import { ChoiceFilter, Filters, known, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";

type Refund = Schemas["Refund"];

const STATUSES = ["pending", "processing", "succeeded", "failed"] as const;

const COLUMNS: Column<Refund>[] = [
  { title: "Refund", cell: (one) => <a href={`/control/payments/${one.payment_id}`}>{one.refund_number}</a> },
  { title: "Status", cell: (one) => <Badge of={one.status ?? "pending"} /> },
  { title: "Amount", numeric: true, cell: (one) => money(one.amount) },
  { title: "To", cell: (one) => words(one.refund_method) },
  { title: "Asked", cell: (one) => moment(one.created_at) },
  { title: "Order", cell: (one) => <a href={`/control/orders/${one.order_id}`}>Order</a> },
  { title: "Return", cell: (one) => one.return_id && <a href={`/control/returns/${one.return_id}`}>Return</a> },
  { title: "Reason", cell: (one) => one.reason },
];

export default function Refunds() {
  const [status, setStatus] = useFilter("status");
  const rows = useRows(
    (cursor) =>
      ask(
        api.GET("/v1/admin/refunds", {
          params: { query: { status: known(status, STATUSES), cursor: cursor ?? null } },
        }),
      ),
    [status],
  );
  return (
    <Page title="Refunds">
      <Filters>
        <ChoiceFilter label="Status" value={status} options={STATUSES} set={setStatus} />
      </Filters>
      <List
        of={rows}
        caption="Refunds"
        columns={COLUMNS}
        keyOf={(one) => one.refund_id}
        none="No refund is like that"
      />
    </Page>
  );
}
