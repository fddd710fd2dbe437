/** One import: how far it is, what it made, and each row that was left out. */

import { useRoute } from "preact-iso";
import { api, ask, type Schemas } from "@/shared/api";
import { Badge, Note, Shown, Table } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { moment, words } from "@/shared/words";
import { Facts, Page, Part } from "./parts/page";
import { usePolling } from "./parts/polling";
import { type RowError, readRowErrors } from "./row-errors";

type Import = Schemas["ImportView"];

const OVER = ["completed", "failed", "expired"];

export default function ImportPage() {
  const { id = "" } = useRoute().params;
  const found = useLoaded(
    () => ask(api.GET("/v1/product-imports/{import_id}", { params: { path: { import_id: id } } })),
    [id],
  );
  const { status = "awaiting_upload" } = found.data ?? {};
  const over = OVER.includes(status);
  usePolling(found.reload, 2, !over);
  return (
    <Page
      title="Import"
      back={{ label: "Product import", href: "/control/imports" }}
      beside={found.data && <Badge of={status} />}
    >
      <Shown of={found}>
        {(told) => (
          <>
            <Progress of={told} over={over} />
            {told.errors_url && <RowErrors address={told.errors_url} />}
          </>
        )}
      </Shown>
    </Page>
  );
}

function Progress({ of, over }: { of: Import; over: boolean }) {
  const { rows_read = 0, rows_total, products, rows } = of;
  return (
    <Part title={over ? "Over" : "Under way"}>
      {of.failure && <Note tone="warn">{of.failure.detail}</Note>}
      {!over && (
        <progress
          class="progress"
          {...(rows_total ? { value: rows_read, max: rows_total } : {})}
          aria-label="Rows read"
        />
      )}
      <Facts
        of={[
          ["Begun", moment(of.created_at)],
          ["Format", words(of.format)],
          ["Rows read", rows_total ? `${rows_read} of ${rows_total}` : rows_read],
          ["Products made", products?.created],
          ["Products changed", products?.updated],
          ["Products as they were", products?.unchanged],
          ["Rows left out", rows?.failed],
          ["Over", of.completed_at && moment(of.completed_at)],
        ]}
      />
    </Part>
  );
}

function RowErrors({ address }: { address: string }) {
  const errors = useLoaded(() => readRowErrors(address), [address.split("?")[0]]);
  return (
    <Part title="Rows left out" beside={<a href={address}>Download</a>}>
      <Shown of={errors}>
        {(told) => (
          <Table
            caption="Rows left out"
            rows={told}
            keyOf={(error: RowError) => `${error.row}${error.column}${error.detail}`}
            columns={[
              { title: "Row", numeric: true, cell: (error) => error.row },
              { title: "Column", cell: (error) => error.column },
              { title: "Why", cell: (error) => error.detail },
            ]}
          />
        )}
      </Shown>
    </Part>
  );
}
