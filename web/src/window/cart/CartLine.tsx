/** One line of the cart, with how many. */

import { useAction } from "@/shared/acting";
import { Button, IconButton, ProblemNote } from "@/shared/components";
import { money } from "@/shared/money";
import { Picture } from "../shop/Picture";
import { type CartItem, changeQuantity, removeItem } from "./cart";

export function CartLine({ item }: { item: CartItem }) {
  const change = useAction((_key, quantity: number) => changeQuantity(item, quantity));
  const remove = useAction(() => removeItem(item));
  const problem = change.problem ?? remove.problem;
  return (
    <li class="cart-line">
      <Picture id={item.product_id} name={item.product_name} url={item.product_image_url} />
      <div class="stack stack-tight">
        <h2 class="cart-line-name">
          <a href={`/products/${item.product_id}`}>{item.product_name}</a>
        </h2>
        <p class="small soft">
          {item.product_sku} · {money(item.unit_price)} each
        </p>
        <div class="row">
          <fieldset class="stepper">
            <legend class="visually-hidden">Quantity of {item.product_name}</legend>
            <IconButton
              icon="minus"
              label="One less"
              disabled={item.quantity <= 1}
              onClick={() => change.act(item.quantity - 1)}
            />
            <output aria-live="polite">{item.quantity}</output>
            <IconButton icon="plus" label="One more" onClick={() => change.act(item.quantity + 1)} />
          </fieldset>
          <Button
            kind="quiet"
            small
            icon="trash"
            busy={remove.busy}
            aria-label={`Remove ${item.product_name}`}
            onClick={() => remove.act()}
          >
            Remove
          </Button>
        </div>
        {problem && <ProblemNote problem={problem} />}
      </div>
      <p class="cart-line-price">{money(item.total_price)}</p>
    </li>
  );
}
