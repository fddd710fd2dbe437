/** A promotion's rules: when it holds beyond its terms, and what it gives besides. */

import { useAction } from "@/shared/acting";
import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Button, Check, Empty, Field, Form, Shown, type Typed } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { count } from "@/shared/words";
import { Part } from "./parts/page";
import { typedMoney, typedNumber, typedPercent } from "./parts/typed";

type Rule = Schemas["RuleView"];

const GIVES = [
  { value: "none", label: "Nothing besides" },
  { value: "percent_off", label: "A percentage off the cart" },
  { value: "amount_off", label: "An amount off the cart" },
  { value: "free_shipping", label: "The shipping" },
];

export function Rules({ of }: { of: Schemas["PromotionView"] }) {
  const promotion_id = of.id ?? "";
  const rules = useLoaded(
    () => ask(api.GET("/v1/promotions/{promotion_id}/rules", { params: { path: { promotion_id } } })),
    [promotion_id],
  );
  return (
    <Part title="Rules">
      <Shown of={rules}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No rules: it holds for every cart" icon="check" />
          ) : (
            <ul class="stack stack-tight">
              {data.map((rule) => (
                <RuleLine key={rule.id} of={rule} removed={rules.reload} />
              ))}
            </ul>
          )
        }
      </Shown>
      <details class="fold">
        <summary>Add a rule</summary>
        <Form
          label="Add"
          kind="plain"
          resets
          submit={async (typed, key) => {
            const params = { path: { promotion_id }, header: keyed(key) };
            await ask(api.POST("/v1/promotions/{promotion_id}/rules", { params, body: ruleBody(typed) }));
            rules.reload();
          }}
        >
          <div class="form-pair">
            <Field label="For carts from" name="min_subtotal" inputMode="decimal" />
            <Field label="For so many or more" name="min_quantity" inputMode="numeric" />
            <Field label="Currency" name="currency" required value="USD" minLength={3} maxLength={3} />
          </div>
          <Check label="Only for a customer's first order" name="first" />
          <div class="form-pair">
            <Field label="Gives" name="gives" options={GIVES} />
            <Field label="How much" name="value" inputMode="decimal" />
          </div>
        </Form>
      </details>
    </Part>
  );
}

function RuleLine({ of, removed }: { of: Rule; removed: () => void }) {
  const { act, busy } = useAction(async () => {
    const path = { promotion_id: of.promotion_id, rule_id: of.id ?? "" };
    const params = { path, header: at(of.version) };
    await ask(api.DELETE("/v1/promotions/{promotion_id}/rules/{rule_id}", { params }));
    removed();
  });
  return (
    <li class="row row-apart">
      <span>
        {when(of)}: {gives(of)}
      </span>
      <Button small kind="danger" busy={busy} onClick={() => void act()}>
        Remove
      </Button>
    </li>
  );
}

function when({ conditions }: Rule): string {
  const told = [
    conditions?.min_subtotal && `from ${money(conditions.min_subtotal)}`,
    conditions?.min_quantity && `from ${count(conditions.min_quantity, "piece")}`,
    conditions?.first_order_only && "first orders",
    conditions?.roles?.length && conditions.roles.join(", "),
    conditions?.product_ids?.length && count(conditions.product_ids.length, "product"),
    conditions?.category_ids?.length && count(conditions.category_ids.length, "category", "categories"),
  ].filter(Boolean);
  return told.length > 0 ? told.join(", ") : "Always";
}

function gives({ actions }: Rule): string {
  if (!actions) return "the promotion holds";
  if (actions.type === "free_shipping") return "free shipping";
  return actions.type === "percent_off" ? `${actions.value / 100} % off` : `${money(actions.value)} off`;
}

function ruleBody(typed: Typed): Schemas["RuleFields"] {
  const { min_subtotal, min_quantity, currency = "USD", first, gives: kind, value = "" } = typed;
  const code = currency.toUpperCase();
  const actions: Schemas["RuleFields"]["actions"] =
    kind === "percent_off"
      ? { type: "percent_off", value: typedPercent("value", value), applies_to: "cart" }
      : kind === "amount_off"
        ? { type: "amount_off", value: typedMoney("value", value, code), applies_to: "cart" }
        : kind === "free_shipping"
          ? { type: "free_shipping" }
          : null;
  return {
    rule_type: "cart",
    conditions: {
      min_subtotal: min_subtotal ? typedMoney("min_subtotal", min_subtotal, code) : null,
      min_quantity: min_quantity ? typedNumber("min_quantity", min_quantity) : null,
      first_order_only: first === "yes",
    },
    actions,
  };
}
