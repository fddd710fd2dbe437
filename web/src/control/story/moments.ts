/** What happened to an order, in the order of time: a chapter of each service. */

import { money } from "@/shared/money";
import { words } from "@/shared/words";
import { states } from "../saga/machine";
import { runName, stateName } from "../saga/walk";
import type { Story } from "./read";

export interface Moment {
  at: string;
  where: string;
  what: string;
  detail: string;
  tone: "good" | "bad" | "plain";
}

const BAD = ["failed", "cancelled", "compensation_failed", "exception", "bounced", "expired", "rejected", "refused"];
const GOOD = ["confirmed", "succeeded", "delivered", "approved", "applied", "processed"];

const toneOf = (status: string): Moment["tone"] =>
  BAD.includes(status) ? "bad" : GOOD.includes(status) ? "good" : "plain";

const told = (...parts: (string | null | undefined)[]): string => parts.filter(Boolean).join(", ");

function moment(at: string | null | undefined, where: string, what: string, detail = "", status = ""): Moment[] {
  return at ? [{ at, where, what, detail, tone: toneOf(status) }] : [];
}

export function momentsOf(story: Story): Moment[] {
  const chapters = [checkout, runs, order, payments, parcels, returns, edits, messages];
  return chapters.flatMap((chapter) => chapter(story)).sort((one, other) => one.at.localeCompare(other.at));
}

function checkout({ checkout }: Story): Moment[] {
  if (!checkout) return [];
  const { status = "pending", failure_code, created_at, updated_at } = checkout;
  return [
    ...moment(created_at, "checkout", "Checkout begun", money(checkout.total_amount)),
    ...moment(updated_at, "checkout", `Checkout ${words(status).toLowerCase()}`, words(failure_code), status),
  ];
}

/** The end of a run that undid everything: the run itself says so. */
const FAILED_END = states.find((state) => state.type === "Fail")?.name;

function runs({ runs }: Story): Moment[] {
  return (runs?.runs ?? []).flatMap((run) => [
    ...moment(run.started_at, "machine", `${runName(run)} begun`),
    ...run.steps
      .filter((step) => step.state !== FAILED_END && (step.status === "failed" || step.status === "retried"))
      .flatMap((step) =>
        moment(step.entered_at, "machine", `${stateName(step.state)} ${step.status}`, why(step), step.status),
      ),
    ...moment(run.ended_at, "machine", `${runName(run)} ${words(run.status).toLowerCase()}`, "", run.status),
  ]);
}

const why = (step: { error?: string | null; cause?: string | null }): string => told(step.error, step.cause);

function order({ order }: Story): Moment[] {
  if (!order) return [];
  return [
    ...moment(order.created_at, "order", `Order ${order.order_number} made`, money(order.total_amount)),
    ...order.history.flatMap((change) =>
      moment(change.created_at, "order", words(change.status), told(change.reason, change.notes), change.status),
    ),
    ...(order.order_notes ?? []).flatMap((note) =>
      moment(note.created_at, "order", note.is_internal ? "Internal note" : "Note", note.note),
    ),
  ];
}

function payments({ payments }: Story): Moment[] {
  return payments.flatMap((payment) => [
    ...moment(
      payment.created_at,
      "payment",
      "Payment made",
      told(money(payment.amount), words(payment.payment_method), payment.payment_number),
    ),
    ...moment(payment.failed_at, "payment", "Payment failed", payment.failure_reason ?? "", "failed"),
    ...(payment.transactions ?? []).flatMap((one) =>
      moment(
        one.processed_at ?? one.created_at,
        "payment",
        `${words(one.transaction_type)} ${one.status}`,
        money(one.amount),
        one.status,
      ),
    ),
    ...(payment.refunds ?? []).flatMap((refund) =>
      moment(
        refund.created_at,
        "payment",
        `Refund ${refund.status}`,
        told(money(refund.amount), refund.refund_number, refund.reason),
        refund.status,
      ),
    ),
  ]);
}

function parcels({ shipments }: Story): Moment[] {
  return shipments.flatMap((parcel) => [
    ...moment(parcel.created_at, "parcel", "Parcel made", told(parcel.carrier, parcel.tracking_number)),
    ...(parcel.tracking ?? []).flatMap((seen) =>
      moment(seen.timestamp, "parcel", words(seen.status), told(seen.description, seen.location), seen.status),
    ),
  ]);
}

function returns({ returns }: Story): Moment[] {
  return returns.flatMap((back) => [
    ...moment(back.requested_at, "return", "Return asked for", told(words(back.return_reason), back.rma_number)),
    ...(back.history ?? [])
      .filter((change) => change.previous_status)
      .flatMap((change) =>
        moment(change.created_at, "return", `Return ${words(change.status).toLowerCase()}`, "", change.status),
      ),
  ]);
}

function edits({ edits }: Story): Moment[] {
  return edits.flatMap((edit) =>
    moment(edit.created_at, "order", `Edit ${edit.edit_number} ${edit.status}`, edit.reason, edit.status),
  );
}

function messages({ messages }: Story): Moment[] {
  return messages.flatMap((message) =>
    moment(
      message.sent_at ?? message.created_at,
      "message",
      `${words(message.channel)} ${message.status}`,
      words(message.notification_type),
      message.status ?? "",
    ),
  );
}
