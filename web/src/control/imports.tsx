/** Bringing products in from a file: choosing it, sending it, and what came of earlier ones. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Badge, Check, type Column, Field, Form } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { moment, words } from "@/shared/words";
import { List } from "./parts/list";
import { Page, Part } from "./parts/page";
import { upload } from "./upload";

type Import = Schemas["ImportView"];
type Format = Import["format"];

const COLUMNS: Column<Import>[] = [
  { title: "Begun", cell: (one) => <a href={`/control/imports/${one.import_id}`}>{moment(one.created_at)}</a> },
  { title: "Status", cell: (one) => <Badge of={one.status ?? "awaiting_upload"} /> },
  { title: "Format", cell: (one) => words(one.format) },
  { title: "Rows", numeric: true, cell: (one) => one.rows_total },
  { title: "Products made", numeric: true, cell: (one) => one.products?.created },
  { title: "Changed", numeric: true, cell: (one) => one.products?.updated },
  { title: "Left out", numeric: true, cell: (one) => one.rows?.failed },
];

const FORMATS: { value: Format; label: string }[] = [
  { value: "csv", label: "CSV" },
  { value: "shopify_csv", label: "CSV of Shopify" },
  { value: "json_lines", label: "JSON lines" },
];

export default function Imports() {
  const rows = useRows(
    (cursor) => ask(api.GET("/v1/product-imports", { params: { query: { cursor: cursor ?? null } } })),
    [],
  );
  return (
    <Page title="Product import">
      <NewImport />
      <List
        of={rows}
        caption="Imports"
        columns={COLUMNS}
        keyOf={(one) => one.import_id ?? ""}
        none="Nothing has been brought in yet"
      />
    </Page>
  );
}

function NewImport() {
  const { route } = useLocation();
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState<number | null>(null);
  return (
    <Part title="Bring in a file">
      <Form
        label="Bring it in"
        submit={async ({ format = "csv", currency, stock }, key) => {
          if (!file) return;
          const body: Schemas["NewImport"] = {
            format: FORMATS.find(({ value }) => value === format)?.value ?? "csv",
            options: { currency: currency?.toUpperCase() ?? null, opening_stock: stock === "yes" },
          };
          const begun = await ask(api.POST("/v1/product-imports", { params: { header: keyed(key) }, body }));
          await upload(file, begun.upload_url ?? "", setSent).finally(() => setSent(null));
          route(`/control/imports/${begun.import_id}`);
        }}
      >
        <label class="drop">
          <span>{file ? `${file.name}, ${Math.ceil(file.size / 1024)} KB` : "A file of products"}</span>
          <input
            type="file"
            required
            accept=".csv,.json,.jsonl,.ndjson,text/csv"
            onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
          />
        </label>
        <div class="form-pair">
          <Field label="Format" name="format" options={FORMATS} />
          <Field label="Currency" name="currency" hint="Of prices that name none" minLength={3} maxLength={3} />
        </div>
        <Check label="Take the quantities in it as opening stock" name="stock" />
        {sent !== null && (
          <progress class="progress" value={sent} max={1} aria-label="Sent">
            {Math.round(sent * 100)} %
          </progress>
        )}
      </Form>
    </Part>
  );
}
