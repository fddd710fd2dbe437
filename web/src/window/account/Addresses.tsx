/** Where the customer has things sent. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { api, ask, at, type Schemas } from "@/shared/api";
import { Badge, Button, Empty, ProblemNote, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { AddressForm, addressLine } from "./AddressForm";

type Address = Schemas["Address"];

export function Addresses() {
  const [editing, setEditing] = useState<Address | "new" | null>(null);
  const addresses = useLoaded(
    async () => (await ask(api.GET("/v1/users/me/addresses", { params: { query: { limit: 50 } } }))).data,
    [],
  );
  const done = (): void => {
    setEditing(null);
    addresses.reload();
  };
  if (editing) {
    const known = editing === "new" ? {} : { known: editing };
    return <AddressForm {...known} done={done} cancel={() => setEditing(null)} />;
  }
  return (
    <Shown of={addresses}>
      {(known) => (
        <div class="stack">
          {known.length === 0 && <Empty title="No addresses yet" icon="truck" />}
          <ul class="tiles">
            {known.map((address) => (
              <Tile
                key={address.address_id}
                address={address}
                edit={() => setEditing(address)}
                gone={addresses.reload}
              />
            ))}
          </ul>
          <div>
            <Button icon="plus" onClick={() => setEditing("new")}>
              Add an address
            </Button>
          </div>
        </div>
      )}
    </Shown>
  );
}

function Tile({ address, edit, gone }: { address: Address; edit: () => void; gone: () => void }) {
  const remove = useAction(async () => {
    const params = { path: { address_id: address.address_id }, header: at(address.version) };
    await ask(api.DELETE("/v1/users/me/addresses/{address_id}", { params }));
    gone();
  });
  return (
    <li class="card stack stack-tight">
      <p class="row row-apart">
        <strong>{address.full_name}</strong>
        {address.is_default && <Badge of="default" tone="accent" label="Usual" />}
      </p>
      <p>{addressLine(address)}</p>
      <div class="row">
        <Button small onClick={edit}>
          Change
        </Button>
        <Button small kind="quiet" icon="trash" busy={remove.busy} onClick={() => remove.act()}>
          Remove
        </Button>
      </div>
      {remove.problem && <ProblemNote problem={remove.problem} />}
    </li>
  );
}
