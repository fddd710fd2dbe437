/** Stock that is held for checkouts under way, and what became of what was held. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, type Column } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { moment } from "@/shared/words";
import { ChoiceFilter, Filters, known, TextFilter, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";
import { usePolling } from "./parts/polling";

type Line = Schemas["ReservationLine"];

const STATUSES = ["active", "completed", "cancelled", "expired"] as const;

const COLUMNS: Column<Line>[] = [
  { title: "Order", cell: (line) => <OrderLink of={line.order_id} /> },
  { title: "Status", cell: (line) => <Badge of={line.status ?? "active"} /> },
  { title: "Quantity", numeric: true, cell: (line) => line.quantity },
  { title: "Held until", cell: (line) => moment(line.expires_at) },
  { title: "Since", cell: (line) => moment(line.created_at) },
  { title: "Stock item", cell: (line) => <code>{line.inventory_id}</code> },
];

export default function Reservations() {
  const [status, setStatus] = useFilter("status");
  const [item, setItem] = useFilter("item");
  const query = { status: known(status, STATUSES), inventory_id: item || null };
  const rows = useRows(
    (cursor) => ask(api.GET("/v1/reservations", { params: { query: { ...query, cursor: cursor ?? null } } })),
    [status, item],
  );
  usePolling(rows.reload, 15, rows.rows.length <= 20);
  return (
    <Page title="Reservations">
      <Filters>
        <ChoiceFilter label="Status" value={status} options={STATUSES} set={setStatus} />
        <TextFilter label="Stock item" value={item} set={setItem} />
      </Filters>
      <List
        of={rows}
        caption="Reservations"
        columns={COLUMNS}
        keyOf={(line) => line.id ?? `${line.order_id}${line.inventory_id}`}
        none="No reservation is like that"
      />
    </Page>
  );
}

function OrderLink({ of }: { of: string }) {
  return (
    <a class="id" href={`/control/orders/${of}`}>
      {of}
    </a>
  );
}
