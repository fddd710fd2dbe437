/** Promotions, by what they are doing. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, ButtonLink, type Column } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { day, words } from "@/shared/words";
import { CartPreview } from "./cart-preview";
import { Filters, known, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";

type Promotion = Schemas["PublicPromotion"];

const STATUSES = ["active", "draft", "paused", "expired"] as const;

const COLUMNS: Column<Promotion>[] = [
  { title: "Name", cell: (one) => <a href={`/control/promotions/${one.id}`}>{one.name}</a> },
  { title: "Status", cell: (one) => <Badge of={one.status ?? "draft"} /> },
  { title: "Kind", cell: (one) => words(one.type) },
  { title: "Priority", numeric: true, cell: (one) => one.priority },
  { title: "Beside others", cell: (one) => words(one.stacking) },
  { title: "From", cell: (one) => day(one.starts_at) },
  { title: "Until", cell: (one) => day(one.ends_at) },
];

export default function Promotions() {
  const [asked, setStatus] = useFilter("status");
  const status = known(asked, STATUSES) ?? "active";
  const rows = useRows(
    (cursor) => ask(api.GET("/v1/promotions", { params: { query: { status, cursor: cursor ?? null } } })),
    [status],
  );
  return (
    <Page
      title="Promotions"
      actions={
        <ButtonLink small kind="primary" icon="plus" href="/control/promotions/new">
          New promotion
        </ButtonLink>
      }
    >
      <Filters>
        <div class="filter">
          <label for="status">Status</label>
          <select id="status" value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
            {STATUSES.map((one) => (
              <option key={one} value={one}>
                {words(one)}
              </option>
            ))}
          </select>
        </div>
      </Filters>
      <List
        of={rows}
        caption="Promotions"
        columns={COLUMNS}
        keyOf={(one) => one.id ?? one.name}
        none={`No promotion is ${status}`}
      />
      <CartPreview note="All promotions in force, priced as a guest would see them; a change takes up to a minute." />
    </Page>
  );
}
