/** What was typed, as the API wants it; what cannot be read is refused beside its field. */

import { type Money, minorUnits } from "@/shared/money";
import { Problem } from "@/shared/problem";

function refused(field: string, detail: string): Problem {
  const pointer = `/${field.replaceAll(".", "/")}`;
  return new Problem(422, "validation_failed", "Something that was typed cannot be read.", [
    { pointer, code: "invalid", detail },
  ]);
}

export function typedMoney(field: string, typed: string, currency: string): Money {
  const amount = minorUnits(typed, currency);
  if (amount === null) throw refused(field, `An amount in ${currency}, as 12.50`);
  return { amount, currency };
}

/** A whole number. */
export function typedNumber(field: string, typed: string): number {
  if (!/^[+-]?\d{1,9}$/.test(typed)) throw refused(field, "A whole number");
  return Number(typed);
}

/** A percentage with up to two decimals, in basis points. */
export function typedPercent(field: string, typed: string): number {
  const bps = /^\d{1,3}(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * 100) : 0;
  if (bps < 1 || bps > 10_000) throw refused(field, "A percentage between 0.01 and 100");
  return bps;
}

/** Ids or SKUs, however they are separated. */
export const typedList = (typed: string | undefined): string[] => (typed ?? "").split(/[\s,;]+/).filter(Boolean);

/** A local date and time as the API's moment; null when it was left empty. */
export const typedMoment = (typed: string | undefined): string | null => (typed ? new Date(typed).toISOString() : null);

/** The API's moment as a field for dates and times shows it. */
export function localMoment(at: string | null | undefined): string | undefined {
  if (!at) return undefined;
  const local = new Date(Date.parse(at) - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Minor units as somebody would type them. */
export function decimal(value: Money): string {
  const digits = new Intl.NumberFormat(undefined, { style: "currency", currency: value.currency }).resolvedOptions()
    .maximumFractionDigits;
  return (value.amount / 10 ** (digits ?? 2)).toFixed(digits ?? 2);
}
