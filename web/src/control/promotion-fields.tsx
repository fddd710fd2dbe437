/** A promotion's terms as fields, by its kind, and what was typed as the API wants it. */

import { useState } from "preact/hooks";
import type { Schemas } from "@/shared/api";
import { Field, type Typed } from "@/shared/components";
import type { Money } from "@/shared/money";
import { decimal, localMoment, typedList, typedMoment, typedMoney, typedNumber, typedPercent } from "./parts/typed";

type Promotion = Schemas["PromotionView"];
type Kind = Promotion["type"];

const KINDS: { value: Kind; label: string }[] = [
  { value: "buy_x_get_y", label: "Buy some, get some" },
  { value: "bundle", label: "A price for a bundle" },
  { value: "volume_discount", label: "Less for more" },
];

/** What a configuration may hold, whatever the kind. */
interface Configuration {
  product_ids?: string[];
  category_ids?: string[];
  buy_quantity?: number;
  get_quantity?: number;
  get_discount_bps?: number;
  bundle_price?: Money;
  tiers?: { min_quantity: number; discount_bps: number }[];
}

/** A promotion keeps its kind for life. */
export function PromotionFields({ of }: { of?: Promotion }) {
  const [kind, setKind] = useState<string>(of?.type ?? "buy_x_get_y");
  const terms = (of?.configuration ?? {}) as Configuration;
  return (
    <>
      <Field label="Name" name="name" required maxLength={100} value={of?.name} />
      <Field label="Description" name="description" rows={2} value={of?.description ?? undefined} />
      {!of && <Field label="Kind" name="type" options={KINDS} value={kind} onInput={setKind} />}
      <Field
        label="Products"
        name="product_ids"
        hint={kind === "bundle" ? "The ids of all in the bundle" : "Ids; empty for all"}
        required={kind === "bundle"}
        value={terms.product_ids?.join(" ")}
      />
      {kind !== "bundle" && (
        <Field label="Categories" name="category_ids" hint="Ids" value={terms.category_ids?.join(" ")} />
      )}
      {kind === "buy_x_get_y" && (
        <div class="form-pair">
          <Field label="Buy" name="buy_quantity" inputMode="numeric" required value={terms.buy_quantity?.toString()} />
          <Field label="Get" name="get_quantity" inputMode="numeric" required value={terms.get_quantity?.toString()} />
          <Field
            label="Percent off these"
            name="get_discount"
            inputMode="decimal"
            required
            value={percent(terms.get_discount_bps ?? 10_000)}
          />
        </div>
      )}
      {kind === "bundle" && (
        <div class="form-pair">
          <Field
            label="Price"
            name="bundle_price"
            inputMode="decimal"
            required
            value={terms.bundle_price && decimal(terms.bundle_price)}
          />
          <Field
            label="Currency"
            name="currency"
            required
            value={terms.bundle_price?.currency ?? "USD"}
            minLength={3}
            maxLength={3}
          />
        </div>
      )}
      {kind === "volume_discount" && (
        <Field
          label="Steps"
          name="tiers"
          rows={3}
          hint="A line each: from how many, and how many percent less, as 3: 10"
          value={terms.tiers?.map((tier) => `${tier.min_quantity}: ${percent(tier.discount_bps)}`).join("\n")}
        />
      )}
      <div class="form-pair">
        <Field label="From" name="starts_at" type="datetime-local" value={localMoment(of?.starts_at)} />
        <Field label="Until" name="ends_at" type="datetime-local" value={localMoment(of?.ends_at)} />
      </div>
      <div class="form-pair">
        <Field
          label="Priority"
          name="priority"
          inputMode="numeric"
          required
          hint="The lowest goes first."
          value={String(of?.priority ?? 100)}
        />
        <Field
          label="Beside others"
          name="stacking"
          value={of?.stacking ?? "combine"}
          options={[
            { value: "combine", label: "Together with others" },
            { value: "exclusive", label: "Alone" },
          ]}
        />
      </div>
    </>
  );
}

const percent = (bps: number): string => String(bps / 100);

function configuration(kind: Kind, typed: Typed): Record<string, unknown> {
  const product_ids = typedList(typed.product_ids);
  const chosen = { product_ids, category_ids: typedList(typed.category_ids) };
  const { buy_quantity = "", get_quantity = "", get_discount = "", bundle_price = "", currency = "USD" } = typed;
  if (kind === "bundle") {
    return { product_ids, bundle_price: typedMoney("bundle_price", bundle_price, currency.toUpperCase()) };
  }
  if (kind === "volume_discount") return { ...chosen, tiers: tiersIn(typed.tiers ?? "") };
  return {
    ...chosen,
    buy_quantity: typedNumber("buy_quantity", buy_quantity),
    get_quantity: typedNumber("get_quantity", get_quantity),
    get_discount_bps: typedPercent("get_discount", get_discount),
  };
}

function tiersIn(typed: string): Configuration["tiers"] {
  const lines = typed.split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const [from = "", less = ""] = line.split(":").map((part) => part.trim());
    return { min_quantity: typedNumber("tiers", from), discount_bps: typedPercent("tiers", less.replace(/\s*%$/, "")) };
  });
}

function common(typed: Typed) {
  const { name = "", description, priority = "100", stacking } = typed;
  const starts_at = typedMoment(typed.starts_at);
  return {
    name,
    description: description ?? null,
    ...(starts_at ? { starts_at } : {}),
    ends_at: typedMoment(typed.ends_at),
    priority: typedNumber("priority", priority),
    stacking: stacking === "exclusive" ? ("exclusive" as const) : ("combine" as const),
  };
}

export function promotionBody(typed: Typed): Schemas["PromotionFields"] {
  const type = KINDS.find(({ value }) => value === typed.type)?.value ?? "buy_x_get_y";
  return { ...common(typed), type, configuration: configuration(type, typed) };
}

export function promotionChange(typed: Typed, of: Promotion): Schemas["ChangePromotion"] {
  return { ...common(typed), configuration: configuration(of.type, typed) };
}
