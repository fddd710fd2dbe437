/** What the customer pays with. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { api, ask, at, type Schemas } from "@/shared/api";
import { Badge, Button, Empty, ProblemNote, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { CardForm, cardName } from "./CardForm";
import { StoreCredit } from "./StoreCredit";

type Method = Schemas["PaymentMethod"];

export function Cards() {
  const [adding, setAdding] = useState(false);
  const methods = useLoaded(
    async () => (await ask(api.GET("/v1/payment-methods", { params: { query: { limit: 50 } } }))).data,
    [],
  );
  return (
    <div class="stack stack-loose">
      <Shown of={methods}>
        {(known) => (
          <div class="stack">
            {known.length === 0 && !adding && <Empty title="No cards yet" icon="card" />}
            <ul class="tiles">
              {known.map((method) => (
                <Tile key={method.id} method={method} gone={methods.reload} />
              ))}
            </ul>
            {adding ? (
              <CardForm
                done={() => {
                  setAdding(false);
                  methods.reload();
                }}
                cancel={() => setAdding(false)}
              />
            ) : (
              <div>
                <Button icon="plus" onClick={() => setAdding(true)}>
                  Add a card
                </Button>
              </div>
            )}
          </div>
        )}
      </Shown>
      <StoreCredit />
    </div>
  );
}

function Tile({ method, gone }: { method: Method; gone: () => void }) {
  const remove = useAction(async () => {
    const params = { path: { method_id: method.id }, header: at(method.version) };
    await ask(api.DELETE("/v1/payment-methods/{method_id}", { params }));
    gone();
  });
  return (
    <li class="card stack stack-tight">
      <p class="row row-apart">
        <strong>{cardName(method)}</strong>
        {method.is_default && <Badge of="default" tone="accent" label="Usual" />}
      </p>
      <p class="small soft">
        {method.provider}
        {method.expiry_month && `, until ${method.expiry_month}/${method.expiry_year}`}
      </p>
      <div>
        <Button small kind="quiet" icon="trash" busy={remove.busy} onClick={() => remove.act()}>
          Remove
        </Button>
      </div>
      {remove.problem && <ProblemNote problem={remove.problem} />}
    </li>
  );
}
