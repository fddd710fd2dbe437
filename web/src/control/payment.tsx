/** One payment: what was done with the money, and giving it back. */

import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Button, Dialog, Note, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { toast } from "@/shared/toasts";
import { moment, words } from "@/shared/words";
import { Facts, Page, Part } from "./parts/page";
import { RefundForm } from "./refund-form";

type Payment = Schemas["Payment"];

export default function PaymentPage() {
  const { id = "" } = useRoute().params;
  const payment = useLoaded(
    () => ask(api.GET("/v1/payments/{payment_id}", { params: { path: { payment_id: id } } })),
    [id],
  );
  const [open, setOpen] = useState(false);
  const left = payment.data ? refundable(payment.data) : 0;
  return (
    <Page
      title={payment.data?.payment_number ?? "Payment"}
      back={{ label: "Payments", href: "/control/payments" }}
      beside={payment.data && <Badge of={payment.data.status ?? "pending"} />}
      actions={
        left > 0 && (
          <Button small kind="primary" onClick={() => setOpen(true)}>
            Refund
          </Button>
        )
      }
    >
      <Shown of={payment}>
        {(told) => (
          <>
            <Summary of={told} />
            <Transactions of={told} />
            <Refunds of={told} />
            <Dialog title={`Refund of ${told.payment_number}`} open={open} close={() => setOpen(false)}>
              <RefundForm
                of={told}
                left={{ ...told.amount, amount: left }}
                done={() => {
                  setOpen(false);
                  toast("The refund is under way.");
                  payment.reload();
                }}
              />
            </Dialog>
          </>
        )}
      </Shown>
    </Page>
  );
}

/** What was taken and not yet given back, in minor units. */
function refundable(of: Payment): number {
  if (of.status !== "succeeded" && of.status !== "refunded") return 0;
  return of.captured_amount.amount - of.refunded_amount.amount;
}

function Summary({ of }: { of: Payment }) {
  return (
    <Part title="Payment">
      {of.failure_reason && <Note tone="warn">{of.failure_reason}</Note>}
      <Facts
        of={[
          ["Amount", money(of.amount)],
          ["Captured", money(of.captured_amount)],
          ["Refunded", money(of.refunded_amount)],
          ["Of it store credit", of.credit_amount.amount > 0 && money(of.credit_amount)],
          ["By", words(of.payment_method)],
          ["Provider", of.provider],
          ["Known there as", of.provider_payment_id && <code>{of.provider_payment_id}</code>],
          ["Made", moment(of.created_at)],
          ["Order", <a href={`/control/orders/${of.order_id}`}>To the order</a>],
        ]}
      />
    </Part>
  );
}

function Transactions({ of }: { of: Payment }) {
  if (!of.transactions?.length) return null;
  return (
    <Part title="Transactions">
      <Table
        caption="Transactions"
        rows={of.transactions}
        keyOf={(one) => one.id}
        columns={[
          { title: "What", cell: (one) => words(one.transaction_type) },
          { title: "Status", cell: (one) => <Badge of={one.status} /> },
          { title: "Amount", numeric: true, cell: (one) => money(one.amount) },
          { title: "When", cell: (one) => moment(one.processed_at ?? one.created_at) },
          {
            title: "Known there as",
            cell: (one) => one.provider_transaction_id && <code>{one.provider_transaction_id}</code>,
          },
        ]}
      />
    </Part>
  );
}

function Refunds({ of }: { of: Payment }) {
  if (!of.refunds?.length) return null;
  return (
    <Part title="Refunds">
      <Table
        caption="Refunds"
        rows={of.refunds}
        keyOf={(one) => one.refund_id}
        columns={[
          { title: "Refund", cell: (one) => one.refund_number },
          { title: "Status", cell: (one) => <Badge of={one.status ?? "pending"} /> },
          { title: "Amount", numeric: true, cell: (one) => money(one.amount) },
          { title: "To", cell: (one) => words(one.refund_method) },
          { title: "Reason", cell: (one) => one.reason },
          { title: "Asked", cell: (one) => moment(one.created_at) },
        ]}
      />
    </Part>
  );
}
