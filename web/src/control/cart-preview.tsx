/** What the coupons and promotions in force do to a cart: a real one, filled here and looked at as the shop prices it. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { Button, Field, Form, IconButton, Note, ProblemNote } from "@/shared/components";
import { type Money, minus, money } from "@/shared/money";
import { words } from "@/shared/words";
import { type Line, lineOf, type Priced, tryOut } from "./cart-trial";
import { Part } from "./parts/page";

interface CartPreviewProps {
  /** The coupon to try. */
  code?: string | undefined;
  /** Said above the form. */
  note?: string;
}

export function CartPreview({ code, note }: CartPreviewProps) {
  const [lines, setLines] = useState<Line[]>([]);
  const [priced, setPriced] = useState<Priced | null>(null);
  const { act, busy, problem } = useAction(async () => setPriced(await tryOut(lines, code)));
  return (
    <Part title="Try it on a cart">
      {note && <p class="soft small">{note}</p>}
      <Form
        label="Add"
        kind="plain"
        resets
        submit={async ({ sku = "", quantity = "1" }) => {
          const line = await lineOf(sku, quantity);
          setLines([...lines.filter((one) => one.sku !== line.sku), line]);
          setPriced(null);
        }}
      >
        <div class="form-pair">
          <Field label="SKU" name="sku" required />
          <Field label="Quantity" name="quantity" inputMode="numeric" required value="1" />
        </div>
      </Form>
      <ul class="stack stack-tight">
        {lines.map((line) => (
          <li key={line.sku} class="row row-apart">
            <span>
              {line.quantity} × {line.name}
            </span>
            <IconButton
              icon="close"
              label={`Take ${line.name} out`}
              onClick={() => setLines(lines.filter((one) => one !== line))}
            />
          </li>
        ))}
      </ul>
      {problem && <ProblemNote problem={problem} />}
      {lines.length > 0 && (
        <div>
          <Button small kind="primary" busy={busy} onClick={() => void act()}>
            Price this cart
          </Button>
        </div>
      )}
      {priced && <Result of={priced} />}
    </Part>
  );
}

function Result({ of: { cart, refusal } }: { of: Priced }) {
  const sums: [string, Money | undefined][] = [
    ["Goods", cart.subtotal],
    ["Discount", cart.discount_amount && minus(cart.discount_amount)],
    ["Total", cart.total_amount],
  ];
  return (
    <div class="stack stack-tight" aria-live="polite">
      {refusal && <Note tone="warn">{refusal}</Note>}
      <ul class="stack stack-tight">
        {cart.adjustments.map((one) => (
          <li key={one.id}>
            <strong>
              {one.code ?? one.name}: {money(minus(one.amount))}
            </strong>{" "}
            <span class="soft">
              {words(one.type)}. {one.reason}
            </span>
          </li>
        ))}
      </ul>
      {cart.adjustments.length === 0 && <p class="soft">Nothing takes anything off this cart.</p>}
      <dl class="sums">
        {sums
          .filter(([, amount]) => amount?.amount !== 0)
          .map(([name, amount]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{money(amount)}</dd>
            </div>
          ))}
      </dl>
    </div>
  );
}
