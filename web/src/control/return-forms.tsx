/** The forms of the decisions about a return. */

import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Field, Form } from "@/shared/components";
import { decimal, typedMoney } from "./parts/typed";
import type { DecisionProps } from "./return-actions";

const CONDITIONS = ["new", "used", "damaged", "defective"] as const;

export function ApproveForm({ of, done }: DecisionProps) {
  return (
    <Form
      label="Approve"
      submit={async (typed, key) => {
        const { return_instructions = "", full_name = "", address_line1 = "", city = "" } = typed;
        const { postal_code = "", country = "" } = typed;
        const return_address = { full_name, address_line1, city, postal_code, country: country.toUpperCase() };
        const params = { path: { return_id: of.id }, header: keyed(key) };
        const body = { return_address, return_instructions };
        done(await ask(api.POST("/v1/returns/{return_id}/approvals", { params, body })));
      }}
    >
      <Field
        label="How to send it"
        name="return_instructions"
        rows={3}
        required
        value="In its box, with the RMA number on it."
      />
      <Field label="Sent to" name="full_name" required value="Returns dock" maxLength={200} />
      <Field label="Street" name="address_line1" required maxLength={255} />
      <div class="form-pair">
        <Field label="Postal code" name="postal_code" required maxLength={20} />
        <Field label="City" name="city" required maxLength={100} />
      </div>
      <Field label="Country" name="country" hint="Two letters" required minLength={2} maxLength={2} />
    </Form>
  );
}

export function RejectForm({ of, done }: DecisionProps) {
  return (
    <Form
      label="Reject"
      kind="danger"
      submit={async ({ reason = "" }, key) => {
        const params = { path: { return_id: of.id }, header: keyed(key) };
        done(await ask(api.POST("/v1/returns/{return_id}/rejections", { params, body: { reason } })));
      }}
    >
      <Field label="Reason" name="reason" hint="The customer reads it." rows={3} required maxLength={255} />
    </Form>
  );
}

export function ReceiveForm({ of, done }: DecisionProps) {
  return (
    <Form
      label="Received"
      submit={async (typed, key) => {
        const items = of.items.map((item): Schemas["ReceivedItem"] => {
          const amount = typed[`refund-${item.id}`];
          const note = typed[`note-${item.id}`];
          const lower = amount && amount !== decimal(item.refund_amount);
          return {
            item_id: item.id,
            condition: CONDITIONS.find((word) => word === typed[`condition-${item.id}`]) ?? item.condition,
            ...(lower ? { refund_amount: typedMoney(`refund-${item.id}`, amount, of.currency) } : {}),
            ...(note ? { note } : {}),
          };
        });
        const params = { path: { return_id: of.id }, header: keyed(key) };
        done(await ask(api.POST("/v1/returns/{return_id}/receipts", { params, body: { items } })));
      }}
    >
      {of.items.map((item) => (
        <fieldset key={item.id} class="stack stack-tight">
          <legend>
            <strong>
              {item.quantity} × {item.product_name}
            </strong>
          </legend>
          <div class="form-pair">
            <Field
              label="Condition"
              name={`condition-${item.id}`}
              value={item.condition}
              options={CONDITIONS.map((word) => ({ value: word, label: word }))}
            />
            <Field
              label={`Refund in ${of.currency}`}
              name={`refund-${item.id}`}
              value={decimal(item.refund_amount)}
              inputMode="decimal"
              required
            />
          </div>
          <Field label="Why less" name={`note-${item.id}`} maxLength={255} />
        </fieldset>
      ))}
    </Form>
  );
}
