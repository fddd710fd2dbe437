/** Moving stock by hand, and saying when it is low. */

import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Field, Form, type Typed } from "@/shared/components";
import { typedNumber } from "./parts/typed";

interface StockFormProps {
  of: Schemas["StockItem"];
  done: (what: string) => void;
}

const moved = ({ quantity = "", reason = "", notes }: Typed) => ({
  quantity: typedNumber("quantity", quantity),
  reason,
  notes: notes ?? null,
});

export function RestockForm({ of, done }: StockFormProps) {
  return (
    <Form
      label="Restock"
      submit={async (typed, key) => {
        const params = { path: { inventory_id: of.inventory_id }, header: keyed(key) };
        const body = moved(typed);
        await ask(api.POST("/v1/inventory-items/{inventory_id}/restocks", { params, body }));
        done(`${body.quantity} more are on the shelf.`);
      }}
    >
      <Field label="How many" name="quantity" inputMode="numeric" required value={String(of.reorder_quantity || "")} />
      <Field label="Reason" name="reason" required maxLength={50} value="delivery" />
      <Field label="Notes" name="notes" rows={2} />
    </Form>
  );
}

export function AdjustForm({ of, done }: StockFormProps) {
  return (
    <Form
      label="Adjust"
      submit={async (typed, key) => {
        const params = { path: { inventory_id: of.inventory_id }, header: keyed(key) };
        await ask(api.POST("/v1/inventory-items/{inventory_id}/adjustments", { params, body: moved(typed) }));
        done("The stock is adjusted.");
      }}
    >
      <Field label="Difference" name="quantity" hint="-2 takes two off the shelf." required />
      <Field label="Reason" name="reason" hint="Such as damaged, or counted." required maxLength={50} />
      <Field label="Notes" name="notes" rows={2} />
    </Form>
  );
}

export function LevelsForm({ of, done }: StockFormProps) {
  return (
    <Form
      label="Save"
      submit={async ({ reorder_level = "", reorder_quantity = "" }) => {
        const params = { path: { inventory_id: of.inventory_id }, header: at(of.version) };
        const body = {
          reorder_level: typedNumber("reorder_level", reorder_level),
          reorder_quantity: typedNumber("reorder_quantity", reorder_quantity),
        };
        await ask(api.PATCH("/v1/inventory-items/{inventory_id}", { params, body }));
        done("The levels are saved.");
      }}
    >
      <Field label="Low at" name="reorder_level" inputMode="numeric" required value={String(of.reorder_level ?? 0)} />
      <Field
        label="Reorder"
        name="reorder_quantity"
        inputMode="numeric"
        required
        value={String(of.reorder_quantity ?? 0)}
      />
    </Form>
  );
}
