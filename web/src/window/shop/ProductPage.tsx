/** A product: pictures, what it costs, what there is of it, and what others say. */

import { useEffect, useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { api, ask, keyed, newKey, openApi, type Schemas } from "@/shared/api";
import { Badge, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { useTitle } from "../title";
import { Buy } from "./Buy";
import { Gallery } from "./Gallery";
import { paragraphs } from "./html";
import { Questions } from "./Questions";
import { Reviews } from "./Reviews";
import { Stars } from "./Stars";

export type Product = Schemas["ProductDocument"];
export type Variant = Product["variants"][number];

export default function ProductPage() {
  const { id = "" } = useRoute().params;
  const product = useLoaded(
    () => ask(openApi.GET("/v1/products/{product_id}", { params: { path: { product_id: id } } })),
    [id],
  );
  useTitle(product.data?.name);
  useEffect(() => noteView(id), [id]);
  return (
    <Shown of={product} lines={8}>
      {(found) => <Details product={found} />}
    </Shown>
  );
}

function Details({ product }: { product: Product }) {
  const [variant, setVariant] = useState<Variant | null>(null);
  return (
    <article class="stack stack-loose">
      <Trail product={product} />
      <div class="product">
        <Gallery product={product} variant={variant} />
        <div class="stack">
          {product.brand && <p class="small soft">{product.brand.name}</p>}
          <h1>{product.name}</h1>
          <div class="row">
            <a class="plain" href="#reviews">
              <Stars average={product.rating.average} count={product.rating.count} />
            </a>
            {product.badges.map((badge) => (
              <Badge key={badge} of={badge} tone="accent" />
            ))}
          </div>
          {product.short_description && <p class="lead">{product.short_description}</p>}
          <Buy product={product} choose={setVariant} />
          {paragraphs(product.description).map((text) => (
            <p key={text}>{text}</p>
          ))}
          <Specifications product={product} />
        </div>
      </div>
      <Reviews productId={product.product_id} />
      <Questions productId={product.product_id} />
    </article>
  );
}

function Trail({ product }: { product: Product }) {
  return (
    <nav aria-label="Where this is" class="trail small">
      <a href="/">Shop</a>
      {product.category && <a href={`/categories/${product.category.slug}`}>{product.category.name}</a>}
      <span aria-current="page">{product.name}</span>
    </nav>
  );
}

function Specifications({ product }: { product: Product }) {
  const { material, care_instructions, origin, weight } = product.specifications ?? {};
  const told = [
    ["Material", material],
    ["Care", care_instructions],
    ["Origin", origin],
    ["Weight", weight ?? (product.weight_grams ? `${product.weight_grams} g` : null)],
    ["Article", product.sku],
  ].filter(([, value]) => value);
  return (
    <dl class="facts">
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** For "recently viewed" and the shop's counts; nobody waits for it or hears of its failure. */
function noteView(id: string): void {
  const params = { path: { product_id: id }, header: keyed(newKey()) };
  api.POST("/v1/products/{product_id}/views", { params, body: {} }).catch(() => undefined);
}
