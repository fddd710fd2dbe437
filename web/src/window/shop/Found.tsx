/** What a search or a category holds, with filters that count. */

import { useLocation } from "preact-iso";
import { ask, openApi, type Schemas } from "@/shared/api";
import { ButtonLink, Empty, Failed, Field, Loading, More } from "@/shared/components";
import { useRows } from "@/shared/loading";
import { count } from "@/shared/words";
import { Facets } from "./Facets";
import { addressOf, asQuery, type Filters } from "./filters";
import { Shelf } from "./ProductCard";

type Results = Schemas["Results"];

const SORTS = [
  { value: "relevance", label: "Best match" },
  { value: "price", label: "Price, low first" },
  { value: "-price", label: "Price, high first" },
  { value: "newest", label: "Newest" },
  { value: "rating", label: "Best rated" },
  { value: "name", label: "Name" },
];

interface FoundProps {
  /** The page's own address, and what it always asks for. */
  path: string;
  filters: Filters;
  fixed?: Filters;
}

export function Found({ path, filters, fixed = {} }: FoundProps) {
  const { route } = useLocation();
  const asked = asQuery({ ...filters, ...fixed });
  const found = useRows<Results["data"][number], Results>(
    (cursor) => ask(openApi.GET("/v1/search/products", { params: { query: { ...asked, limit: 24, cursor } } })),
    [JSON.stringify(asked)],
  );
  if (found.problem && !found.first) return <Failed problem={found.problem} retry={found.reload} />;
  if (!found.first) return <Loading lines={8} label="Searching" />;
  return (
    <div class="found" aria-busy={found.loading}>
      <Facets facets={found.first.facets} path={path} filters={filters} fixed={fixed} />
      <section class="stack" aria-label="Results">
        <div class="row row-apart">
          <p role="status">{count(found.first.total, "product")}</p>
          <div class="found-sort">
            <Field
              label="Sort by"
              name="sort"
              options={SORTS}
              value={filters.sort ?? "relevance"}
              onInput={(sort) => route(addressOf(path, filters, { sort }), true)}
            />
          </div>
        </div>
        {found.rows.length > 0 ? (
          <Shelf products={found.rows} />
        ) : (
          <Empty title="Nothing found" icon="search">
            <p>Try fewer words or fewer filters.</p>
            <ButtonLink href={path}>Start again</ButtonLink>
          </Empty>
        )}
        <More of={found} />
      </section>
    </div>
  );
}
