/** What is on the shelves: what runs low, one SKU, or all of a warehouse. */

import { api, ask, type Schemas } from "@/shared/api";
import { Badge, type Column } from "@/shared/components";
import { type PageOf, useLoaded, useRows } from "@/shared/loading";
import { moment } from "@/shared/words";
import { Filters, TextFilter, useFilter } from "./parts/filters";
import { List } from "./parts/list";
import { Page } from "./parts/page";

export type StockItem = Schemas["StockItem"];

const COLUMNS: Column<StockItem>[] = [
  { title: "SKU", cell: (item) => <a href={`/control/stock/${encodeURIComponent(item.sku)}`}>{item.sku}</a> },
  { title: "State", cell: (item) => <Badge of={stateOf(item)} /> },
  { title: "Available", numeric: true, cell: (item) => item.available_quantity },
  { title: "Reserved", numeric: true, cell: (item) => item.reserved_quantity },
  { title: "On the shelf", numeric: true, cell: (item) => item.quantity },
  { title: "Reorder at", numeric: true, cell: (item) => item.reorder_level },
  { title: "Reorder", numeric: true, cell: (item) => item.reorder_quantity },
  { title: "Restocked", cell: (item) => moment(item.last_restocked_at) },
];

export function stateOf({ available_quantity = 0, reorder_level = 0 }: StockItem): string {
  if (available_quantity <= 0) return "out_of_stock";
  return available_quantity <= reorder_level ? "low_stock" : "in_stock";
}

export default function Stock() {
  const [sku, setSku] = useFilter("sku");
  const [warehouse, setWarehouse] = useFilter("warehouse");
  const warehouses = useLoaded(() => ask(api.GET("/v1/warehouses", { params: { query: { limit: 100 } } })), []);
  const rows = useRows((cursor) => read(sku, warehouse, cursor ?? null), [sku, warehouse]);
  return (
    <Page title="Stock">
      <Filters>
        <TextFilter label="SKU" value={sku} set={setSku} />
        <div class="filter">
          <label for="warehouse">Show</label>
          <select id="warehouse" value={warehouse} onChange={(event) => setWarehouse(event.currentTarget.value)}>
            <option value="">Low stock</option>
            {warehouses.data?.data.map((one) => (
              <option key={one.warehouse_id} value={one.warehouse_id}>
                All in {one.name}
              </option>
            ))}
          </select>
        </div>
      </Filters>
      <List
        of={rows}
        caption="Stock"
        columns={COLUMNS}
        keyOf={(item) => item.inventory_id}
        none={noneOf(sku, warehouse)}
      />
    </Page>
  );
}

/** The API wants exactly one of the three: a SKU is the narrowest. */
function read(sku: string, warehouse_id: string, cursor: string | null): Promise<PageOf<StockItem>> {
  const which = sku ? { sku } : warehouse_id ? { warehouse_id } : { low: true };
  return ask(api.GET("/v1/inventory-items", { params: { query: { ...which, cursor } } }));
}

function noneOf(sku: string, warehouse: string): string {
  if (sku) return `Nothing has the SKU ${sku}`;
  return warehouse ? "This warehouse is empty" : "Nothing runs low";
}
