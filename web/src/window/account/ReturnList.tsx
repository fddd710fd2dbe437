/** The customer's returns. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Empty, Failed, Loading, More, Table } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { day } from "@/shared/words";

export function ReturnList() {
  const returns = useRows<Schemas["ReturnRequest"]>(
    (cursor) => ask(api.GET("/v1/returns", { params: { query: { cursor, limit: 20 } } })),
    [],
  );
  if (returns.problem && !returns.first) return <Failed problem={returns.problem} retry={returns.reload} />;
  if (!returns.first) return <Loading lines={5} />;
  if (returns.rows.length === 0) {
    return (
      <Empty title="Nothing has gone back" icon="box">
        <p>A delivered order's page has the way to send something back.</p>
      </Empty>
    );
  }
  return (
    <div>
      <Table
        caption="Your returns"
        rows={returns.rows}
        keyOf={(back) => back.id}
        columns={[
          { title: "RMA", cell: (back) => <a href={`/returns/${back.id}`}>{back.rma_number}</a> },
          { title: "Order", cell: (back) => <a href={`/orders/${back.order_id}`}>{back.order_number}</a> },
          { title: "Asked", cell: (back) => day(back.requested_at) },
          { title: "Status", cell: (back) => <Badge of={back.status} /> },
          { title: "Refund", cell: (back) => money(back.refund_amount), numeric: true },
        ]}
      />
      <More of={returns} />
    </div>
  );
}
