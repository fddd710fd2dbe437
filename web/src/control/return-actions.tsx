/** What may be decided about a return, as far as it has come. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Button, Dialog, ProblemNote } from "@/shared/components";
import { toast } from "@/shared/toasts";
import { ApproveForm, ReceiveForm, RejectForm } from "./return-forms";

type Return = Schemas["ReturnDocument"];

export interface DecisionProps {
  of: Return;
  /** The return as it is after the decision. */
  done: (after: Return) => void;
}

type Decision = "approve" | "reject" | "receive";

const TITLES: Record<Decision, string> = { approve: "Approve", reject: "Reject", receive: "Receive" };
const FORMS = { approve: ApproveForm, reject: RejectForm, receive: ReceiveForm };

export function ReturnActions({ of, changed }: { of: Return; changed: (after: Return) => void }) {
  const [open, setOpen] = useState<Decision | null>(null);
  const DecisionForm = open && FORMS[open];
  const refunding = of.refund_status === "pending" || of.refund_status === "succeeded";
  const done = (after: Return): void => {
    setOpen(null);
    toast("The return is decided on.");
    changed(after);
  };
  const button = (decision: Decision, kind: "primary" | "danger", children: ComponentChildren) => (
    <Button small kind={kind} onClick={() => setOpen(decision)}>
      {children}
    </Button>
  );
  return (
    <>
      {of.status === "pending" && button("reject", "danger", "Reject")}
      {of.status === "pending" && button("approve", "primary", "Approve")}
      {(of.status === "approved" || of.status === "in_transit") && button("receive", "primary", "Goods have arrived")}
      {of.status === "received" && !refunding && <Follow of={of} done={done} label="Refund" path="refunds" />}
      {of.status === "processed" && <Follow of={of} done={done} label="Close" path="closures" />}
      <Dialog title={open ? `${TITLES[open]} ${of.rma_number}` : ""} open={open !== null} close={() => setOpen(null)}>
        {DecisionForm && <DecisionForm of={of} done={done} />}
      </Dialog>
    </>
  );
}

/** A decision that needs no words. */
function Follow({ of, done, label, path }: DecisionProps & { label: string; path: "refunds" | "closures" }) {
  const { act, busy, problem } = useAction(async (key) => {
    const params = { path: { return_id: of.id }, header: keyed(key) };
    done(await ask(api.POST(`/v1/returns/{return_id}/${path}`, { params })));
  });
  return (
    <>
      {problem && <ProblemNote problem={problem} />}
      <Button small kind="primary" busy={busy} onClick={() => void act()}>
        {label}
      </Button>
    </>
  );
}
