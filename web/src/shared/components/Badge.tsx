/** A state in a word, with a colour that says how good it is. */

import { words } from "../words";

export type Tone = "good" | "warn" | "bad" | "plain" | "accent";

const TONES: Record<string, Tone> = {
  active: "good",
  approved: "good",
  confirmed: "accent",
  delivered: "good",
  in_stock: "good",
  paid: "good",
  processed: "good",
  received: "good",
  succeeded: "good",
  in_transit: "accent",
  processing: "accent",
  shipped: "accent",
  awaiting_payment: "warn",
  compensating: "warn",
  in_progress: "warn",
  low_stock: "warn",
  pending: "warn",
  cancelled: "bad",
  compensation_failed: "bad",
  exception: "bad",
  failed: "bad",
  out_of_stock: "bad",
  rejected: "bad",
  suspended: "bad",
};

export function Badge({ of, tone, label }: { of: string; tone?: Tone; label?: string }) {
  return <span class={`badge badge-${tone ?? TONES[of] ?? "plain"}`}>{label ?? words(of)}</span>;
}
