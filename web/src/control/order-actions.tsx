/** What staff do with an order: move it to another status, and write beside it. */

import { useState } from "preact/hooks";
import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Button, Check, Dialog, Field, Form } from "@/shared/components";
import { toast } from "@/shared/toasts";
import { words } from "@/shared/words";

interface ActionsProps {
  of: Schemas["OrderDocument"];
  changed: () => void;
}

type Status = NonNullable<Schemas["OrderDocument"]["status"]>;

/** What may follow; the API has the last word. */
const NEXT: Record<Status, Status[]> = {
  pending: ["confirmed", "cancelled"],
  confirmed: ["processing", "cancelled"],
  processing: ["shipped", "cancelled"],
  shipped: ["delivered"],
  delivered: [],
  cancelled: [],
  refunded: [],
};

export function OrderActions({ of, changed }: ActionsProps) {
  const [open, setOpen] = useState<"status" | "note" | null>(null);
  const next = NEXT[of.status ?? "pending"];
  const done = (what: string): void => {
    setOpen(null);
    toast(what);
    changed();
  };
  return (
    <>
      <Button small onClick={() => setOpen("note")}>
        Write a note
      </Button>
      {next.length > 0 && (
        <Button small kind="primary" onClick={() => setOpen("status")}>
          Change status
        </Button>
      )}
      <Dialog title={`Status of ${of.order_number}`} open={open === "status"} close={() => setOpen(null)}>
        <StatusForm of={of} next={next} done={() => done("The status is changed.")} />
      </Dialog>
      <Dialog title={`Note to ${of.order_number}`} open={open === "note"} close={() => setOpen(null)}>
        <NoteForm of={of} done={() => done("The note is written.")} />
      </Dialog>
    </>
  );
}

function StatusForm({ of, next, done }: { of: ActionsProps["of"]; next: Status[]; done: () => void }) {
  return (
    <Form
      label="Change status"
      submit={async ({ status, reason = "", notes }, key) => {
        const params = { path: { order_id: of.order_id }, header: { ...keyed(key), ...at(of.version) } };
        const body = { status: status as Status, reason, notes: notes ?? null };
        await ask(api.POST("/v1/admin/orders/{order_id}/status-changes", { params, body }));
        done();
      }}
    >
      <Field
        label="New status"
        name="status"
        value={next[0]}
        options={next.map((status) => ({ value: status, label: words(status) }))}
      />
      <Field label="Reason" name="reason" hint="The customer may read it." required maxLength={255} />
      <Field label="Notes for staff" name="notes" rows={3} maxLength={10000} />
    </Form>
  );
}

function NoteForm({ of, done }: { of: ActionsProps["of"]; done: () => void }) {
  return (
    <Form
      label="Write the note"
      submit={async ({ note = "", internal }, key) => {
        const params = { path: { order_id: of.order_id }, header: keyed(key) };
        await ask(api.POST("/v1/orders/{order_id}/notes", { params, body: { note, is_internal: internal === "yes" } }));
        done();
      }}
    >
      <Field label="Note" name="note" rows={4} required maxLength={10000} />
      <Check label="For staff only" name="internal" checked />
    </Form>
  );
}
