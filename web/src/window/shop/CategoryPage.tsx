/** One department: its words, its parts, and what it holds. */

import { useLocation, useRoute } from "preact-iso";
import { ask, openApi } from "@/shared/api";
import { ButtonLink, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { useTitle } from "../title";
import { type Category, categories } from "./categories";
import { Found } from "./Found";

export default function CategoryPage() {
  const { slug = "" } = useRoute().params;
  const category = useLoaded(
    () => ask(openApi.GET("/v1/categories/by-slug/{slug}", { params: { path: { slug } } })),
    [slug],
  );
  useTitle(category.data?.name);
  return <Shown of={category}>{(found) => <Department category={found} />}</Shown>;
}

function Department({ category }: { category: Category }) {
  const { query } = useLocation();
  const parts = category.children ?? categories.value.find((one) => one.slug === category.slug)?.children ?? [];
  return (
    <div class="stack stack-loose">
      <header class="stack stack-tight">
        <h1>{category.name}</h1>
        {category.description && <p class="lead">{category.description}</p>}
      </header>
      {parts.length > 0 && (
        <nav class="row" aria-label="Parts">
          {parts.map((part) => (
            <ButtonLink key={part.slug} small href={`/categories/${part.slug}`}>
              {part.name}
            </ButtonLink>
          ))}
        </nav>
      )}
      <Found path={`/categories/${category.slug}`} filters={query} fixed={{ category: category.slug }} />
    </div>
  );
}
