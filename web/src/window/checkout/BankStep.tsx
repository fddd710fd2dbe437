/** 3-D Secure: the customer's bank wants to see them before it pays. */

import { useAction } from "@/shared/acting";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Button, ButtonLink, Note, ProblemNote } from "@/shared/components";
import { money } from "@/shared/money";

interface NextAction {
  type?: string;
  provider?: string;
  provider_payment_id?: string;
  redirect_url?: string | null;
}

export function BankStep({ checkout, reload }: { checkout: Schemas["Checkout"]; reload: () => void }) {
  const asked = (checkout.next_action ?? {}) as NextAction;
  const address = bankOf(asked);
  const confirm = useAction(async (key) => {
    if (checkout.payment_id) {
      const params = { path: { payment_id: checkout.payment_id }, header: keyed(key) };
      await ask(api.POST("/v1/payments/{payment_id}/confirmations", { params, body: {} }));
    }
    reload();
  });
  const cancel = useAction(async (key) => {
    const params = { path: { checkout_id: checkout.checkout_id }, header: keyed(key) };
    await ask(api.POST("/v1/checkouts/{checkout_id}/cancellations", { params }));
    reload();
  });
  const problem = confirm.problem ?? cancel.problem;
  return (
    <section class="card stack narrow" aria-labelledby="bank-title">
      <h1 id="bank-title">Your bank wants to see you</h1>
      <p>
        Before it pays {money(checkout.total_amount)} for {checkout.order_number}, your bank asks you to confirm that it
        is you. It opens in a tab of its own; this page goes on by itself when it has heard from the bank.
      </p>
      {address ? (
        <ButtonLink kind="primary" href={address} target="_blank" rel="noopener" icon="lock">
          Confirm at the bank
        </ButtonLink>
      ) : (
        <Note tone="warn">
          This bank's step needs a script of the payment provider, which this shop does not load. Choose another card.
        </Note>
      )}
      <div class="row">
        <Button busy={confirm.busy} onClick={() => confirm.act()}>
          I have confirmed
        </Button>
        <Button kind="quiet" busy={cancel.busy} onClick={() => cancel.act()}>
          Rather not
        </Button>
      </div>
      {problem && <ProblemNote problem={problem} />}
    </section>
  );
}

/** Where the bank is. The mock provider's is this server itself. */
function bankOf({ provider, provider_payment_id, redirect_url }: NextAction): string | null {
  if (provider === "mock") return `/mock-bank/payments/${provider_payment_id}`;
  return redirect_url?.startsWith("https://") ? redirect_url : null;
}
