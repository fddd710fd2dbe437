/** What with: a card that is known, a new one, store credit, or cash on delivery. */

import { useEffect, useState } from "preact/hooks";
import { api, ask, type Schemas } from "@/shared/api";
import { Button, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { type Money, money } from "@/shared/money";
import { CardForm, cardName } from "../account/CardForm";
import { Step } from "./Step";

export type Payment = Pick<Schemas["PlaceCheckout"], "payment_method" | "payment_method_id">;
type Method = Schemas["PaymentMethod"];

interface PaymentStepProps {
  chosen: Payment | null;
  choose: (payment: Payment) => void;
  currency: string;
}

export function PaymentStep({ chosen, choose, currency }: PaymentStepProps) {
  const [adding, setAdding] = useState(false);
  const known = useLoaded(async () => ({ methods: await methods(), credit: await credit(currency) }), [currency]);
  useEffect(() => {
    const first = known.data?.methods.find((method) => method.is_default) ?? known.data?.methods[0];
    if (!chosen && first) choose({ payment_method_id: first.id });
  }, [known.data]);
  return (
    <Step number={3} title="What with">
      <Shown of={known}>
        {({ methods, credit }) => (
          <>
            <fieldset class="stack stack-tight">
              <legend class="visually-hidden">Payment</legend>
              {methods.map((method) => (
                <Choice
                  key={method.id}
                  title={cardName(method)}
                  note={`by way of ${method.provider}`}
                  checked={chosen?.payment_method_id === method.id}
                  choose={() => choose({ payment_method_id: method.id })}
                />
              ))}
              {credit && credit.amount > 0 && (
                <Choice
                  title="Store credit"
                  note={`${money(credit)} to spend`}
                  checked={chosen?.payment_method === "wallet"}
                  choose={() => choose({ payment_method: "wallet" })}
                />
              )}
              <Choice
                title="Cash on delivery"
                note="Pay whoever brings it"
                checked={chosen?.payment_method === "cod"}
                choose={() => choose({ payment_method: "cod" })}
              />
            </fieldset>
            {adding ? (
              <CardForm
                done={(method) => {
                  known.set({ credit, methods: [...methods.filter((other) => other.id !== method.id), method] });
                  choose({ payment_method_id: method.id });
                  setAdding(false);
                }}
                cancel={() => setAdding(false)}
              />
            ) : (
              <div>
                <Button small icon="card" onClick={() => setAdding(true)}>
                  Another card
                </Button>
              </div>
            )}
          </>
        )}
      </Shown>
    </Step>
  );
}

async function methods(): Promise<Method[]> {
  return (await ask(api.GET("/v1/payment-methods", { params: { query: { limit: 50 } } }))).data;
}

async function credit(currency: string): Promise<Money | null> {
  const kept = await ask(api.GET("/v1/store-credits", { params: { query: { currency, limit: 1 } } }));
  return kept.balances.find((account) => account.currency === currency)?.balance ?? null;
}

interface ChoiceProps {
  title: string;
  note: string;
  checked: boolean;
  choose: () => void;
}

function Choice({ title, note, checked, choose }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name="payment" checked={checked} onChange={choose} />
      <span>
        <strong>{title}</strong>
        <br />
        <span class="small soft">{note}</span>
      </span>
    </label>
  );
}
