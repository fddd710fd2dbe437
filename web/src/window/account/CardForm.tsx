/**
 * A new card. A browser gets a card's token from the payment provider; this shop is a demonstration, so it offers the
 * test tokens that providers have for each way a payment can go.
 */

import { useState } from "preact/hooks";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Button, Field, Form, Note } from "@/shared/components";
import { words } from "@/shared/words";

type Method = Schemas["PaymentMethod"];
type Provider = "mock" | "stripe";

const CARDS: Record<Provider, { value: string; label: string }[]> = {
  mock: [
    { value: "tok_success", label: "A card that pays" },
    { value: "tok_declined", label: "A card that is declined" },
    { value: "tok_requires_action", label: "A card that asks for 3-D Secure" },
    { value: "tok_outcome_unknown", label: "A card whose answer is lost on the way" },
  ],
  stripe: [
    { value: "pm_card_visa", label: "A card that pays" },
    { value: "pm_card_chargeCustomerFail", label: "A card that is declined" },
    { value: "pm_card_threeDSecure2Required", label: "A card that asks for 3-D Secure" },
  ],
};
const PROVIDERS = [
  { value: "mock", label: "Mock provider" },
  { value: "stripe", label: "Stripe test mode" },
];

/** `Visa ending in 4242`. */
export const cardName = (method: Method): string =>
  method.last4
    ? `${words(method.card_type ?? "card")} ending in ${method.last4}`
    : words(method.wallet_type ?? method.type);

export function CardForm({ done, cancel }: { done: (method: Method) => void; cancel?: () => void }) {
  const [provider, setProvider] = useState<Provider>("mock");
  return (
    <Form
      label="Use this card"
      class="card"
      submit={async ({ provider_token = "" }, key) => {
        const body = { type: "card" as const, provider, provider_token, is_default: true };
        done(await ask(api.POST("/v1/payment-methods", { params: { header: keyed(key) }, body })));
      }}
      actions={
        cancel && (
          <Button kind="quiet" onClick={cancel}>
            Never mind
          </Button>
        )
      }
    >
      <Note>Test cards only: no real card can be typed in here.</Note>
      <Field
        label="Payment provider"
        name="provider"
        options={PROVIDERS}
        value={provider}
        onInput={(value) => setProvider(value as Provider)}
      />
      <Field key={provider} label="Test card" name="provider_token" options={CARDS[provider]} />
    </Form>
  );
}
