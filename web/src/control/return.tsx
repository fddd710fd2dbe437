/** One return: what comes back, and each decision staff make about it. */

import { useRoute } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { moment, words } from "@/shared/words";
import { Facts, Page, Part } from "./parts/page";
import { usePolling } from "./parts/polling";
import { ReturnActions } from "./return-actions";

type Return = Schemas["ReturnDocument"];

export default function ReturnPage() {
  const { id = "" } = useRoute().params;
  const back = useLoaded(() => ask(api.GET("/v1/returns/{return_id}", { params: { path: { return_id: id } } })), [id]);
  usePolling(back.reload, 3, back.data?.refund_status === "pending");
  return (
    <Page
      title={back.data?.rma_number ?? "Return"}
      back={{ label: "Returns", href: "/control/returns" }}
      beside={back.data && <Badge of={back.data.status ?? "pending"} />}
      actions={back.data && <ReturnActions of={back.data} changed={back.set} />}
    >
      <Shown of={back}>
        {(told) => (
          <div class="columns">
            <div class="stack">
              <Summary of={told} />
              <Goods of={told} />
            </div>
            <History of={told} />
          </div>
        )}
      </Shown>
    </Page>
  );
}

function Summary({ of }: { of: Return }) {
  const { authorization } = of;
  return (
    <Part title="Return">
      <Facts
        of={[
          ["Order", <a href={`/control/orders/${of.order_id}`}>{of.order_number}</a>],
          ["Reason", words(of.return_reason)],
          ["In their words", of.return_notes],
          ["Wants", words(of.refund_method)],
          ["Amount", money(of.refund_amount)],
          ["Refund", of.refund_status !== "none" && words(of.refund_status)],
          ["Sent back as", authorization?.tracking_number],
          ["To be sent until", authorization && moment(authorization.expires_at)],
        ]}
      />
    </Part>
  );
}

function Goods({ of }: { of: Return }) {
  return (
    <Part title="Goods">
      <Table
        caption="What comes back"
        rows={of.items}
        keyOf={(item) => item.id}
        columns={[
          { title: "Product", cell: (item) => item.product_name },
          { title: "SKU", cell: (item) => item.product_sku },
          { title: "Quantity", numeric: true, cell: (item) => item.quantity },
          { title: "Condition", cell: (item) => words(item.condition) },
          { title: "Refund", numeric: true, cell: (item) => money(item.refund_amount) },
          { title: "Note", cell: (item) => item.note },
        ]}
      />
    </Part>
  );
}

function History({ of }: { of: Return }) {
  return (
    <Part title="History">
      <ol class="stack stack-tight">
        {(of.history ?? []).map((change) => (
          <li key={change.id} class="row row-apart">
            <span>
              <Badge of={change.status} /> {change.notes && <span class="soft">{change.notes}</span>}
            </span>
            <span class="soft small">{moment(change.created_at)}</span>
          </li>
        ))}
      </ol>
    </Part>
  );
}
