/** What of an order goes back. */

import { useState } from "preact/hooks";
import { api, ask } from "@/shared/api";
import { Badge, Button } from "@/shared/components";
import { useLoaded, whole } from "@/shared/loading";
import { money } from "@/shared/money";
import type { Order } from "./OrderPage";
import { RequestReturn } from "./RequestReturn";

export function Returns({ order }: { order: Order }) {
  const [asking, setAsking] = useState(false);
  const known = useLoaded(
    () => ask(api.GET("/v1/returns", { params: { query: { order_id: order.order_id } } })),
    [order.order_id],
  );
  const returns = whole(known);
  if (order.status !== "delivered" && returns.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="returns-title">
      <h2 id="returns-title">Returns</h2>
      {returns.map((back) => (
        <p key={back.id} class="card row row-apart">
          <a href={`/returns/${back.id}`}>{back.rma_number}</a>
          <span>{money(back.refund_amount)}</span>
          <Badge of={back.status} />
        </p>
      ))}
      {order.status === "delivered" &&
        (asking ? (
          <RequestReturn order={order} cancel={() => setAsking(false)} />
        ) : (
          <div>
            <Button icon="box" onClick={() => setAsking(true)}>
              Send something back
            </Button>
          </div>
        ))}
    </section>
  );
}
