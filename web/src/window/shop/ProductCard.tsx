/** A product among others. */

import type { Schemas } from "@/shared/api";
import { Badge } from "@/shared/components";
import { Picture } from "./Picture";
import { Price } from "./Price";
import { Stars } from "./Stars";
import { WishButton } from "./WishButton";

/** What lists and searches both say of a product. */
export type Shelved = Pick<
  Schemas["Summary"],
  | "product_id"
  | "name"
  | "price"
  | "compare_at_price"
  | "is_on_sale"
  | "image_url"
  | "rating"
  | "stock_status"
  | "brand"
>;

export function ProductCard({ product }: { product: Shelved }) {
  const { product_id, name, brand, rating, stock_status } = product;
  return (
    <li class="product-card">
      <div class="product-card-picture">
        <Picture id={product_id} name={name} url={product.image_url} />
        {product.is_on_sale && <Badge of="sale" tone="accent" label="Sale" />}
        {stock_status === "out_of_stock" && <Badge of="out_of_stock" />}
      </div>
      <div class="product-card-text">
        {brand && <p class="small soft">{brand.name}</p>}
        <h3>
          <a href={`/products/${product_id}`}>{name}</a>
        </h3>
        <div class="row row-apart">
          <Price price={product.price} before={product.compare_at_price} />
          {rating && rating.count > 0 && <Stars average={rating.average} count={rating.count} />}
        </div>
      </div>
      <WishButton productId={product_id} name={name} />
    </li>
  );
}

export function Shelf({ products }: { products: Shelved[] }) {
  return (
    <ul class="shelf">
      {products.map((product) => (
        <ProductCard key={product.product_id} product={product} />
      ))}
    </ul>
  );
}
