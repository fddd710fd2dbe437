/** The first page: who we are, the departments, and a look at the shelves. */

import { ask, openApi } from "@/shared/api";
import { ButtonLink, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { useTitle } from "../title";
import { categories } from "./categories";
import { Hero } from "./Hero";
import { Picture } from "./Picture";
import { Shelf } from "./ProductCard";

const SHOWN = 8;

export default function Home() {
  useTitle(undefined);
  return (
    <div class="stack stack-loose">
      <Hero />
      <Departments />
      <Featured />
      <OnSale />
    </div>
  );
}

function Departments() {
  if (categories.value.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="departments">
      <h2 id="departments">Departments</h2>
      <ul class="departments">
        {categories.value.map((category) => (
          <li key={category.category_id}>
            <Picture id={`department ${category.slug}`} name={category.name} url={category.image_url} />
            <a href={`/categories/${category.slug}`}>{category.name}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Featured() {
  const featured = useLoaded(async () => {
    const read = async (query: { featured?: boolean }) =>
      (await ask(openApi.GET("/v1/products", { params: { query: { ...query, limit: SHOWN } } }))).data;
    const [chosen, newest] = await Promise.all([read({ featured: true }), read({})]);
    const known = new Set(chosen.map((product) => product.product_id));
    return [...chosen, ...newest.filter((product) => !known.has(product.product_id))].slice(0, SHOWN);
  }, []);
  return (
    <section class="stack" aria-labelledby="featured">
      <div class="row row-apart">
        <h2 id="featured">Chosen for this season</h2>
        <ButtonLink kind="quiet" small href="/search">
          See everything
        </ButtonLink>
      </div>
      <Shown of={featured} lines={6}>
        {(products) => (products.length > 0 ? <Shelf products={products} /> : <p>The shelves are empty.</p>)}
      </Shown>
    </section>
  );
}

/** Only where something is on sale. */
function OnSale() {
  const offers = useLoaded(
    () => ask(openApi.GET("/v1/search/products", { params: { query: { on_sale: true, limit: 4 } } })),
    [],
  );
  if (!offers.data || offers.data.data.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="offers">
      <h2 id="offers">Fair winds, fair prices</h2>
      <Shelf products={offers.data.data} />
    </section>
  );
}
