/** What was paid, with what, and what came back. */

import { useEffect } from "preact/hooks";
import { api, ask } from "@/shared/api";
import { Badge, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { day, words } from "@/shared/words";
import type { Order } from "./OrderPage";

export function Payments({ order, state }: { order: Order; state: string }) {
  const payments = useLoaded(async () => {
    const page = await ask(api.GET("/v1/payments", { params: { query: { order_id: order.order_id } } }));
    const each = page.data.map(({ payment_id }) =>
      ask(api.GET("/v1/payments/{payment_id}", { params: { path: { payment_id } } })),
    );
    return { data: await Promise.all(each) };
  }, [order.order_id]);
  useEffect(() => payments.reload(), [state]);
  return (
    <section class="card stack stack-tight" aria-labelledby="paid-title">
      <h2 id="paid-title">Payment</h2>
      {order.payment_method === "cod" && <p>Cash on delivery</p>}
      <Shown of={payments}>
        {({ data }) =>
          data.map((payment) => (
            <div key={payment.payment_id} class="stack stack-tight">
              <p class="row row-apart">
                <span>
                  {words(payment.payment_method)}, {money(payment.amount)}
                </span>
                <Badge of={payment.status} />
              </p>
              {payment.refunds.map((refund) => (
                <p key={refund.refund_id} class="row row-apart small">
                  <span>
                    Refund of {money(refund.amount)}, {day(refund.created_at)}
                    {refund.refund_method === "store_credit" && " as store credit"}
                  </span>
                  <Badge of={refund.status} />
                </p>
              ))}
            </div>
          ))
        }
      </Shown>
      {order.refunded_amount.amount > 0 && (
        <p class="row row-apart">
          <strong>Given back</strong>
          <strong>{money(order.refunded_amount)}</strong>
        </p>
      )}
    </section>
  );
}
