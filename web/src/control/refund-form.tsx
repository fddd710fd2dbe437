/** Giving money back: all that is left of it, or a part. */

import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Field, Form } from "@/shared/components";
import { type Money, money } from "@/shared/money";
import { typedMoney } from "./parts/typed";

interface RefundFormProps {
  of: Schemas["Payment"];
  left: Money;
  done: () => void;
}

export function RefundForm({ of, left, done }: RefundFormProps) {
  return (
    <Form
      label="Refund"
      kind="danger"
      submit={async ({ amount, reason, refund_method }, key) => {
        const body: Schemas["AskRefund"] = {
          amount: amount ? typedMoney("amount", amount, left.currency) : null,
          reason: reason ?? null,
          refund_method: refund_method === "store_credit" ? "store_credit" : "original_payment",
        };
        const params = { path: { payment_id: of.payment_id }, header: keyed(key) };
        await ask(api.POST("/v1/payments/{payment_id}/refunds", { params, body }));
        done();
      }}
    >
      <Field
        label={`Amount in ${left.currency}`}
        name="amount"
        inputMode="decimal"
        hint={`Empty for all that is left: ${money(left)}`}
      />
      <Field
        label="To"
        name="refund_method"
        value="original_payment"
        options={[
          { value: "original_payment", label: "Where it came from" },
          { value: "store_credit", label: "Store credit" },
        ]}
      />
      <Field label="Reason" name="reason" rows={2} maxLength={10000} />
    </Form>
  );
}
