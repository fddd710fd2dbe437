/** Amounts as people write them: the shop sends integer minor units with their currency. */

import type { components } from "@/api/schema";

export type Money = components["schemas"]["Money"];

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency);
  if (known) return known;
  const made = new Intl.NumberFormat(undefined, { style: "currency", currency });
  formats.set(currency, made);
  return made;
}

const digitsOf = (currency: string): number => formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;

export function money(value: Money | null | undefined): string {
  if (!value) return "–";
  const digits = digitsOf(value.currency);
  return formatOf(value.currency).format(value.amount / 10 ** digits);
}

/** The minor units of a decimal that somebody typed; null when it is none. */
export function minorUnits(typed: string, currency: string): number | null {
  const digits = digitsOf(currency);
  const match = /^(\d{1,12})(?:[.,](\d+))?$/.exec(typed.trim());
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > digits) return null;
  return Number(`${match[1]}${fraction.padEnd(digits, "0")}`);
}

/** The same amount the other way round, for what is taken off. */
export const minus = (value: Money): Money => ({ ...value, amount: -value.amount });
