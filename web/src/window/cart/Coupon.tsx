/** A coupon: typed in, or the one that is there. */

import { useAction } from "@/shared/acting";
import { Button, Field, Form, ProblemNote } from "@/shared/components";
import { applyCoupon, type Cart, removeCoupon } from "./cart";

export function Coupon({ cart }: { cart: Cart }) {
  const remove = useAction(() => removeCoupon());
  if (cart.coupon_code) {
    return (
      <div class="stack stack-tight">
        <div class="row row-apart">
          <span>
            Coupon <code>{cart.coupon_code}</code>
          </span>
          <Button kind="quiet" small busy={remove.busy} onClick={() => remove.act()}>
            Remove coupon
          </Button>
        </div>
        {remove.problem && <ProblemNote problem={remove.problem} />}
      </div>
    );
  }
  return (
    <details>
      <summary>I have a coupon</summary>
      <Form label="Apply" kind="plain" submit={({ code = "" }) => applyCoupon(code)}>
        <Field label="Coupon code" name="code" required />
      </Form>
    </details>
  );
}
