/** One stock item: how much there is, every move of it, and moving some by hand. */

import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Button, Dialog, Empty, Shown } from "@/shared/components";
import { useLoaded, useRows } from "@/shared/loading";
import { toast } from "@/shared/toasts";
import { moment, words } from "@/shared/words";
import { ChoiceFilter, Filters, known, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Facts, Page, Part } from "./parts/page";
import { stateOf } from "./stock";
import { AdjustForm, LevelsForm, RestockForm } from "./stock-forms";

type StockItem = Schemas["StockItem"];

const FORMS = { restock: RestockForm, adjust: AdjustForm, levels: LevelsForm };
const TITLES = { restock: "Restock", adjust: "Adjust", levels: "Reorder levels" };
type Work = keyof typeof FORMS;

export default function StockItemPage() {
  const { sku = "" } = useRoute().params;
  const found = useLoaded(() => ask(api.GET("/v1/inventory-items", { params: { query: { sku } } })), [sku]);
  const item = found.data?.data[0];
  const [open, setOpen] = useState<Work | null>(null);
  const WorkForm = open && FORMS[open];
  return (
    <Page
      title={sku}
      back={{ label: "Stock", href: "/control/stock" }}
      beside={item && <Badge of={stateOf(item)} />}
      actions={
        item &&
        (Object.keys(FORMS) as Work[]).map((work) => (
          <Button key={work} small kind={work === "restock" ? "primary" : "plain"} onClick={() => setOpen(work)}>
            {TITLES[work]}
          </Button>
        ))
      }
    >
      <Shown of={found}>
        {() =>
          item ? (
            <>
              <Summary of={item} />
              <Ledger of={item} />
              <Dialog title={open ? `${TITLES[open]}: ${sku}` : ""} open={open !== null} close={() => setOpen(null)}>
                {WorkForm && (
                  <WorkForm
                    of={item}
                    done={(what) => {
                      setOpen(null);
                      toast(what);
                      found.reload();
                    }}
                  />
                )}
              </Dialog>
            </>
          ) : (
            <Empty title={`Nothing has the SKU ${sku}`} icon="box" />
          )
        }
      </Shown>
    </Page>
  );
}

function Summary({ of }: { of: StockItem }) {
  return (
    <Part title="Stock">
      <Facts
        of={[
          ["Available", of.available_quantity],
          ["Reserved", of.reserved_quantity],
          ["On the shelf", of.quantity],
          ["Reorder at", of.reorder_level],
          ["Reorder", of.reorder_quantity],
          ["Restocked", moment(of.last_restocked_at)],
          ["Product", <a href={`/control/orders?product=${of.product_id}`}>Orders with it</a>],
          ["Held", <a href={`/control/reservations?item=${of.inventory_id}`}>Reservations of it</a>],
        ]}
      />
    </Part>
  );
}

const TYPES = ["restock", "sale", "reservation", "release", "adjustment", "return"] as const;

function Ledger({ of }: { of: StockItem }) {
  const [type, setType] = useFilter("type");
  const rows = useRows(
    (cursor) =>
      ask(
        api.GET("/v1/inventory-items/{inventory_id}/transactions", {
          params: {
            path: { inventory_id: of.inventory_id },
            query: { type: known(type, TYPES), cursor: cursor ?? null },
          },
        }),
      ),
    [of, type],
  );
  return (
    <Part title="Ledger">
      <Filters>
        <ChoiceFilter label="Kind" value={type} options={TYPES} set={setType} />
      </Filters>
      <List
        of={rows}
        caption="Ledger"
        keyOf={(entry) => entry.id ?? entry.created_at ?? ""}
        none="Nothing has moved"
        columns={[
          { title: "When", cell: (entry) => moment(entry.created_at) },
          { title: "What", cell: (entry) => words(entry.transaction_type) },
          { title: "Quantity", numeric: true, cell: (entry) => <Signed of={entry.quantity} /> },
          { title: "Reason", cell: (entry) => words(entry.reason) },
          { title: "For", cell: (entry) => entry.reference_id && <Reference of={entry.reference_id} /> },
          { title: "Notes", cell: (entry) => entry.notes },
        ]}
      />
    </Part>
  );
}

const Signed = ({ of }: { of: number }) => <>{of > 0 ? `+${of}` : of}</>;

const Reference = ({ of }: { of: string }) => (
  <a class="id" href={`/control/orders/${of}`}>
    {of}
  </a>
);
