/** Which one, how many, and into the cart. */

import { useEffect, useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { Button, IconButton, ProblemNote } from "@/shared/components";
import { toast } from "@/shared/toasts";
import { addToCart } from "../cart/cart";
import { Price } from "./Price";
import type { Product, Variant } from "./ProductPage";
import { Stock } from "./Stock";
import { type Chosen, dimensions, firstOf, traits, variantOf } from "./variants";
import { WishButton } from "./WishButton";

const MOST = 99;

export function Buy({ product, choose }: { product: Product; choose: (variant: Variant | null) => void }) {
  const [chosen, setChosen] = useState<Chosen>({});
  const [quantity, setQuantity] = useState(1);
  const variant = variantOf(product, chosen);
  useEffect(() => {
    const first = firstOf(product);
    setChosen(first ? traits(first) : {});
  }, [product]);
  useEffect(() => choose(variant), [variant]);
  const add = useAction(async (key) => {
    const variantId = variant?.variant_id ?? null;
    await addToCart({ product_id: product.product_id, variant_id: variantId, quantity }, key);
    toast(`${product.name} is in your cart`);
  });
  const needsVariant = product.variants.length > 0;
  return (
    <form
      class="buy stack"
      onSubmit={(event) => {
        event.preventDefault();
        void add.act();
      }}
    >
      <Price price={variant?.effective_price ?? product.price} before={product.compare_at_price} />
      {dimensions(product).map(({ name, values }) => (
        <fieldset key={name} class="options">
          <legend>{name}</legend>
          <div class="row">
            {values.map((value) => (
              <label key={value} class="option">
                <input
                  type="radio"
                  name={name}
                  value={value}
                  checked={chosen[name] === value}
                  onChange={() => setChosen({ ...chosen, [name]: value })}
                />
                <span>{value}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      <Stock productId={product.product_id} variantId={variant?.variant_id ?? null} />
      <div class="row">
        <fieldset class="stepper">
          <legend class="visually-hidden">Quantity</legend>
          <IconButton
            icon="minus"
            label="One less"
            disabled={quantity <= 1}
            onClick={() => setQuantity(quantity - 1)}
          />
          <output aria-live="polite">{quantity}</output>
          <IconButton
            icon="plus"
            label="One more"
            disabled={quantity >= MOST}
            onClick={() => setQuantity(quantity + 1)}
          />
        </fieldset>
        <Button type="submit" kind="primary" icon="cart" busy={add.busy} disabled={needsVariant && !variant}>
          Add to cart
        </Button>
        <WishButton productId={product.product_id} name={product.name} />
      </div>
      {needsVariant && !variant && <p class="small soft">This combination is not made.</p>}
      {add.problem && <ProblemNote problem={add.problem} />}
    </form>
  );
}
