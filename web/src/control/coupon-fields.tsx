/** A coupon's terms as fields, and what was typed as the API wants it. */

import { useState } from "preact/hooks";
import type { Schemas } from "@/shared/api";
import { Check, Field, type Typed } from "@/shared/components";
import { decimal, localMoment, typedList, typedMoment, typedMoney, typedNumber, typedPercent } from "./parts/typed";

type Coupon = Schemas["CouponView"];
type Terms = Schemas["CouponFields"];

const TYPES = [
  { value: "percentage", label: "A percentage" },
  { value: "fixed_amount", label: "An amount" },
  { value: "free_shipping", label: "The shipping" },
];

/** A coupon keeps its code, type and currency for life. */
export function CouponFields({ of }: { of?: Coupon }) {
  const [type, setType] = useState(of?.type ?? "percentage");
  return (
    <>
      {!of && <Field label="Code" name="code" required maxLength={50} placeholder="SPRING10" />}
      <Field label="Name" name="name" required maxLength={100} value={of?.name} />
      <Field label="Description" name="description" rows={2} value={of?.description ?? undefined} />
      {!of && (
        <div class="form-pair">
          <Field label="Takes off" name="type" options={TYPES} value={type} onInput={setType} />
          <Field label="Currency" name="currency" required value="USD" minLength={3} maxLength={3} />
        </div>
      )}
      {type !== "free_shipping" && (
        <div class="form-pair">
          <Field
            label={type === "percentage" ? "Percent" : `Amount${of ? ` in ${of.currency}` : ""}`}
            name="discount_value"
            inputMode="decimal"
            required
            value={worthOf(of)}
          />
          {type === "percentage" && (
            <Field label="At most" name="maximum_discount" inputMode="decimal" value={amountOf(of?.maximum_discount)} />
          )}
        </div>
      )}
      <Field label="For carts from" name="minimum_amount" inputMode="decimal" value={amountOf(of?.minimum_amount)} />
      <div class="form-pair">
        <Field label="Uses in all" name="usage_limit" inputMode="numeric" value={of?.usage_limit?.toString()} />
        <Field
          label="Uses a customer"
          name="usage_limit_per_user"
          inputMode="numeric"
          value={of?.usage_limit_per_user?.toString()}
        />
      </div>
      <div class="form-pair">
        <Field label="From" name="starts_at" type="datetime-local" value={localMoment(of?.starts_at)} />
        <Field label="Until" name="ends_at" type="datetime-local" value={localMoment(of?.ends_at)} />
      </div>
      <Field
        label="Only for products"
        name="applicable_products"
        hint="Their ids"
        value={of?.applicable_products?.join(" ")}
      />
      <Field
        label="Only for categories"
        name="applicable_categories"
        hint="Their ids"
        value={of?.applicable_categories?.join(" ")}
      />
      <Field
        label="Not for products"
        name="excluded_products"
        hint="Their ids"
        value={of?.excluded_products?.join(" ")}
      />
      <Check label="Active" name="is_active" checked={of?.is_active ?? true} />
    </>
  );
}

const amountOf = (value: Schemas["Money"] | null | undefined): string | undefined =>
  value ? decimal(value) : undefined;

function worthOf(of: Coupon | undefined): string | undefined {
  const value = of?.discount_value;
  if (value === null || value === undefined) return undefined;
  return typeof value === "number" ? String(value / 100) : decimal(value);
}

/** What may be changed later, as it was typed. */
function terms(typed: Typed, type: string, currency: string) {
  const amount = (name: string) => {
    const said = typed[name];
    return said ? typedMoney(name, said, currency) : null;
  };
  const number = (name: string) => {
    const said = typed[name];
    return said ? typedNumber(name, said) : null;
  };
  const { name = "", description, discount_value = "" } = typed;
  const percentage = type === "percentage";
  const starts_at = typedMoment(typed.starts_at);
  return {
    name,
    description: description ?? null,
    ...(type === "free_shipping"
      ? {}
      : { discount_value: percentage ? typedPercent("discount_value", discount_value) : amount("discount_value") }),
    minimum_amount: amount("minimum_amount"),
    ...(percentage ? { maximum_discount: amount("maximum_discount") } : {}),
    usage_limit: number("usage_limit"),
    usage_limit_per_user: number("usage_limit_per_user"),
    ...(starts_at ? { starts_at } : {}),
    ends_at: typedMoment(typed.ends_at),
    is_active: typed.is_active === "yes",
    applicable_products: typedList(typed.applicable_products),
    applicable_categories: typedList(typed.applicable_categories),
    excluded_products: typedList(typed.excluded_products),
  };
}

export function couponBody(typed: Typed): Terms {
  const { code = "", type = "percentage", currency = "USD" } = typed;
  const known: Terms["type"] = type === "fixed_amount" || type === "free_shipping" ? type : "percentage";
  return { code, type: known, currency: currency.toUpperCase(), ...terms(typed, known, currency.toUpperCase()) };
}

export const couponChange = (typed: Typed, of: Coupon): Schemas["ChangeCoupon"] => terms(typed, of.type, of.currency);
