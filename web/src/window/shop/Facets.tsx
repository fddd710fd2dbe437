/** Filters as links, each with how many it leaves. */

import type { Schemas } from "@/shared/api";
import { Icon } from "@/shared/components";
import { addressOf, type Filters } from "./filters";

interface FacetsProps {
  facets: Schemas["Facets"];
  path: string;
  filters: Filters;
  fixed: Filters;
}

interface Choice {
  value: string;
  label: string;
  count: number;
}

export function Facets({ facets, path, filters, fixed }: FacetsProps) {
  const categories = facets.categories.map(({ slug, name, count }) => ({ value: slug, label: name, count }));
  const brands = facets.brands.map(({ name, count }) => ({ value: name, label: name, count }));
  const tags = facets.tags.map(({ name, count }) => ({ value: name, label: name, count }));
  const ratings = facets.ratings
    .filter(({ count }) => count > 0)
    .map(({ min_rating, count }) => ({ value: `${min_rating}`, label: `${min_rating} stars and up`, count }));
  const offers = [
    { name: "on_sale", value: "true", label: "On sale", count: facets.on_sale },
    { name: "in_stock", value: "true", label: "In stock", count: facets.in_stock },
  ];
  const of = { path, filters };
  return (
    <details class="facets" open={matchMedia("(width >= 56rem)").matches}>
      <summary>Filters</summary>
      <div class="stack">
        {!fixed.category && <Group {...of} title="Department" name="category" choices={categories} />}
        <Group {...of} title="Brand" name="brand" choices={brands} />
        <Group {...of} title="Kind" name="tag" choices={tags} />
        <Group {...of} title="Rating" name="min_rating" choices={ratings} />
        <Group {...of} title="Offer" name="on_sale" choices={offers.slice(0, 1)} />
        <Group {...of} title="Availability" name="in_stock" choices={offers.slice(1)} />
      </div>
    </details>
  );
}

interface GroupProps {
  title: string;
  name: string;
  choices: Choice[];
  path: string;
  filters: Filters;
}

function Group({ title, name, choices, path, filters }: GroupProps) {
  const offered = choices.filter((choice) => choice.count > 0 || filters[name] === choice.value);
  if (offered.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 class="facet-title">{title}</h2>
      <ul class="facet">
        {offered.map((choice) => {
          const chosen = filters[name] === choice.value;
          return (
            <li key={choice.value}>
              <a
                href={addressOf(path, filters, { [name]: chosen ? null : choice.value })}
                aria-current={chosen ? "true" : undefined}
              >
                <span>{choice.label}</span>
                {chosen ? <Icon name="close" /> : <span class="small soft">{choice.count}</span>}
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
