/** What sending it would cost, before anyone knows the whole address. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { Button, Field, Form } from "@/shared/components";
import { asProblem } from "@/shared/problem";
import { toastProblem } from "@/shared/toasts";
import { CountryFields } from "../account/CountryFields";
import { type Cart, estimateShipping } from "./cart";
import { QuoteChoice } from "./QuoteChoice";
import { type Destination, type Quote, quotesFor } from "./quotes";

export function Estimate({ cart }: { cart: Cart }) {
  const [asked, setAsked] = useState<{ to: Destination; quotes: Quote[] } | null>(null);
  const known = cart.shipping_estimate;
  const [chosen, setChosen] = useState(known?.method_id ?? null);
  const choose = useAction(async (_key, quote: Quote) => {
    if (!asked) return;
    setChosen(quote.method_id);
    await estimateShipping({ ...asked.to, method_id: quote.method_id }).catch((error) =>
      toastProblem(asProblem(error)),
    );
  });
  if (asked) {
    return (
      <div class="stack">
        <QuoteChoice quotes={asked.quotes} chosen={chosen} choose={choose.act} />
        <div>
          <Button small kind="quiet" onClick={() => setAsked(null)}>
            Somewhere else
          </Button>
        </div>
      </div>
    );
  }
  return (
    <Form
      label="Estimate shipping"
      kind="plain"
      submit={async ({ country = "", state, postal_code = "" }) => {
        const to = { country, postal_code, ...(state ? { state } : {}) };
        setAsked({ to, quotes: await quotesFor(cart, to) });
      }}
    >
      <div class="form-pair">
        <CountryFields country={known?.country} state={known?.state} />
        <Field label="Postal code" name="postal_code" value={known?.postal_code} autocomplete="postal-code" required />
      </div>
    </Form>
  );
}
