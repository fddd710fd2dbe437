/** The wish to send something back. */

import { useLocation } from "preact-iso";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Button, Field, Form } from "@/shared/components";
import { words } from "@/shared/words";
import type { Order } from "./OrderPage";

type Asked = Schemas["RequestReturn"];

const options = (values: string[]): { value: string; label: string }[] =>
  values.map((value) => ({ value, label: words(value) }));
const REASONS = options(["changed_mind", "defective", "wrong_item", "not_as_described", "other"]);
const WAYS = options(["original_payment", "store_credit", "exchange"]);

export function RequestReturn({ order, cancel }: { order: Order; cancel: () => void }) {
  const { route } = useLocation();
  return (
    <Form
      label="Ask for a return"
      class="card"
      submit={async (typed, key) => {
        const items = order.items
          .map((item) => ({ order_item_id: item.order_item_id, quantity: Number(typed[item.order_item_id] ?? 0) }))
          .filter((item) => item.quantity > 0);
        const body: Asked = {
          order_id: order.order_id,
          items,
          return_reason: typed.return_reason as Asked["return_reason"],
          return_notes: typed.return_notes ?? null,
          refund_method: typed.refund_method as NonNullable<Asked["refund_method"]>,
        };
        const made = await ask(api.POST("/v1/returns", { params: { header: keyed(key) }, body }));
        route(`/returns/${made.id}`);
      }}
      actions={
        <Button kind="quiet" onClick={cancel}>
          Never mind
        </Button>
      }
    >
      {order.items.map((item) => (
        <Field
          key={item.order_item_id}
          label={`How many of ${item.product_name}`}
          name={item.order_item_id}
          options={Array.from({ length: item.quantity + 1 }, (_, many) => ({ value: `${many}`, label: `${many}` }))}
          value={order.items.length === 1 ? `${item.quantity}` : "0"}
        />
      ))}
      <Field label="Why" name="return_reason" options={REASONS} />
      <Field label="How you want it back" name="refund_method" options={WAYS} />
      <Field label="Anything else" name="return_notes" rows={2} maxLength={1000} />
    </Form>
  );
}
