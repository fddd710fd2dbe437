/** A state in a word, with a colour that says how good it is. */

import { words } from "../words";

export type Tone = "good" | "warn" | "bad" | "plain" | "accent";

const TONES: Record<string, Tone> = {
  active: "good",
  approved: "good",
  completed: "good",
  confirmed: "accent",
  delivered: "good",
  in_stock: "good",
  paid: "good",
  processed: "good",
  redeemed: "good",
  received: "good",
  succeeded: "good",
  in_transit: "accent",
  importing: "accent",
  processing: "accent",
  reading: "accent",
  running: "accent",
  shipped: "accent",
  awaiting_payment: "warn",
  awaiting_upload: "warn",
  compensating: "warn",
  in_progress: "warn",
  low_stock: "warn",
  paused: "warn",
  pending: "warn",
  retried: "warn",
  cancelled: "bad",
  expired: "bad",
  compensation_failed: "bad",
  exception: "bad",
  failed: "bad",
  timed_out: "bad",
  out_of_stock: "bad",
  aborted: "bad",
  rejected: "bad",
  suspended: "bad",
};

export function Badge({ of, tone, label }: { of: string; tone?: Tone; label?: string }) {
  return <span class={`badge badge-${tone ?? TONES[of] ?? "plain"}`}>{label ?? words(of)}</span>;
}
