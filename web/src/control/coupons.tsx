/** All coupons. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, ButtonLink, type Column } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { money } from "@/shared/money";
import { day } from "@/shared/words";
import { ChoiceFilter, Filters, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";

type Coupon = Schemas["Coupon"];

const COLUMNS: Column<Coupon>[] = [
  { title: "Code", cell: (coupon) => <a href={`/control/coupons/${coupon.id}`}>{coupon.code}</a> },
  { title: "Name", cell: (coupon) => coupon.name },
  { title: "State", cell: (coupon) => <Badge of={coupon.is_active ? "active" : "inactive"} /> },
  { title: "Takes off", numeric: true, cell: worth },
  { title: "Used", numeric: true, cell: used },
  { title: "From", cell: (coupon) => day(coupon.starts_at) },
  { title: "Until", cell: (coupon) => day(coupon.ends_at) },
];

function worth({ type, discount_value }: Coupon): string {
  if (type === "free_shipping") return "Shipping";
  if (typeof discount_value === "number") return `${discount_value / 100} %`;
  return money(discount_value ?? null);
}

function used({ usage_count = 0, usage_limit }: Coupon): string {
  return usage_limit ? `${usage_count} of ${usage_limit}` : String(usage_count);
}

export default function Coupons() {
  const [state, setState] = useFilter("state");
  const is_active = state ? state === "active" : null;
  const rows = useRows(
    (cursor) => ask(api.GET("/v1/coupons", { params: { query: { is_active, cursor: cursor ?? null } } })),
    [state],
  );
  return (
    <Page
      title="Coupons"
      actions={
        <ButtonLink small kind="primary" icon="plus" href="/control/coupons/new">
          New coupon
        </ButtonLink>
      }
    >
      <Filters>
        <ChoiceFilter label="State" value={state} options={["active", "inactive"]} set={setState} />
      </Filters>
      <List
        of={rows}
        caption="Coupons"
        columns={COLUMNS}
        keyOf={(coupon) => coupon.id ?? coupon.code}
        none="No coupon is like that"
      />
    </Page>
  );
}
