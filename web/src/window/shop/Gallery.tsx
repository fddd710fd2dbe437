/** A product's pictures: one large, the others to choose from. */

import { useEffect, useState } from "preact/hooks";
import { Picture } from "./Picture";
import type { Product, Variant } from "./ProductPage";

export function Gallery({ product, variant }: { product: Product; variant: Variant | null }) {
  const [shown, setShown] = useState(0);
  const images = product.images.toSorted((one, other) => Number(other.is_primary) - Number(one.is_primary));
  useEffect(() => setShown(0), [product.product_id]);
  const image = images[shown];
  const url = variant?.image_url ?? image?.url ?? product.image_url;
  return (
    <div class="gallery">
      <Picture id={product.product_id} name={product.name} url={url} alt={image?.alt_text ?? product.name} eager />
      {images.length > 1 && (
        <ul class="gallery-others">
          {images.map((other, index) => (
            <li key={other.id}>
              <button type="button" aria-pressed={index === shown} onClick={() => setShown(index)}>
                <Picture
                  id={`${product.product_id}-${other.id}`}
                  name={product.name}
                  url={other.url}
                  alt={`Picture ${index + 1}`}
                />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
