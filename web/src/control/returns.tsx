/** What customers want to send back; the ones that wait for an answer first. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, type Column } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment, words } from "@/shared/words";
import { ChoiceFilter, Filters, known, TextFilter, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";

type Return = Schemas["ReturnRequest"];

const STATUSES = ["pending", "approved", "rejected", "in_transit", "received", "processed", "closed"] as const;

const COLUMNS: Column<Return>[] = [
  { title: "RMA", cell: (one) => <a href={`/control/returns/${one.id}`}>{one.rma_number}</a> },
  { title: "Status", cell: (one) => <Badge of={one.status ?? "pending"} /> },
  { title: "Reason", cell: (one) => words(one.return_reason) },
  { title: "Wants", cell: (one) => words(one.refund_method) },
  { title: "Amount", numeric: true, cell: (one) => money(one.refund_amount) },
  { title: "Asked", cell: (one) => moment(one.requested_at) },
  { title: "Order", cell: (one) => <a href={`/control/orders/${one.order_id}`}>{one.order_number}</a> },
];

export default function Returns() {
  const [status, setStatus] = useFilter("status");
  const [rma, setRma] = useFilter("rma");
  const query = { status: known(status, STATUSES), rma_number: rma || null };
  const rows = useRows(
    (cursor) => ask(api.GET("/v1/returns", { params: { query: { ...query, cursor: cursor ?? null } } })),
    [status, rma],
  );
  return (
    <Page title="Returns">
      <Filters>
        <ChoiceFilter label="Status" value={status} options={STATUSES} set={setStatus} />
        <TextFilter label="RMA number" value={rma} set={setRma} />
      </Filters>
      <List of={rows} caption="Returns" columns={COLUMNS} keyOf={(one) => one.id} none="No return is like that" />
    </Page>
  );
}
