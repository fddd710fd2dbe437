/** Money kept with the shop: what there is, and a gift card to add. */

import { api, ask, keyed } from "@/shared/api";
import { Field, Form, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { money } from "@/shared/money";
import { toast } from "@/shared/toasts";
import { day, words } from "@/shared/words";

export function StoreCredit() {
  const kept = useLoaded(() => ask(api.GET("/v1/store-credits", { params: { query: { limit: 10 } } })), []);
  return (
    <section class="stack narrow" aria-labelledby="credit-title">
      <h2 id="credit-title">Store credit</h2>
      <Shown of={kept}>
        {({ balances, data }) => (
          <>
            <p>
              {balances.length === 0
                ? "Nothing yet."
                : balances.map((account) => <strong key={account.currency}>{money(account.balance)} </strong>)}
            </p>
            <ul class="stack stack-tight small">
              {data.map((entry) => (
                <li key={entry.id} class="row row-apart">
                  <span>
                    {words(entry.reason)}, {day(entry.created_at)}
                  </span>
                  <span>{money(entry.amount)}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
      <Form
        label="Redeem"
        kind="plain"
        resets
        submit={async ({ code = "" }, key) => {
          const params = { header: keyed(key) };
          const entry = await ask(api.POST("/v1/gift-card-redemptions", { params, body: { code } }));
          toast(`${money(entry.amount)} added`);
          kept.reload();
        }}
      >
        <Field label="Gift card code" name="code" required />
      </Form>
    </section>
  );
}
