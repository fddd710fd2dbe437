/** A price, with what it was before. */

import { type Money, money } from "@/shared/money";

export function Price({ price, before }: { price: Money | null | undefined; before?: Money | null }) {
  const lowered = before && price && before.amount > price.amount;
  return (
    <p class="price">
      {lowered && (
        <del>
          <span class="visually-hidden">It was </span>
          {money(before)}
        </del>
      )}
      <span>
        {lowered && <span class="visually-hidden">Now </span>}
        {money(price)}
      </span>
    </p>
  );
}
