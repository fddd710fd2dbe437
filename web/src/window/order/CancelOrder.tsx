/** Calling an order off while it has not left. */

import { useState } from "preact/hooks";
import { api, ask, keyed } from "@/shared/api";
import { Button, Dialog, Field, Form } from "@/shared/components";
import type { Order } from "./OrderPage";

export function CancelOrder({ order, done }: { order: Order; done: (order: Order) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="danger" onClick={() => setOpen(true)}>
        Cancel this order
      </Button>
      <Dialog title="Cancel this order?" open={open} close={() => setOpen(false)}>
        <Form
          label="Cancel the order"
          kind="danger"
          submit={async ({ reason }, key) => {
            const params = { path: { order_id: order.order_id }, header: keyed(key) };
            const body = { reason: reason ?? null };
            const cancelled = await ask(api.POST("/v1/orders/{order_id}/cancellations", { params, body }));
            setOpen(false);
            done(cancelled);
          }}
          actions={
            <Button kind="quiet" onClick={() => setOpen(false)}>
              Keep it
            </Button>
          }
        >
          <p>What you paid comes back the way it came.</p>
          <Field label="Why" name="reason" maxLength={500} />
        </Form>
      </Dialog>
    </>
  );
}
