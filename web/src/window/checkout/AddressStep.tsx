/** Where to: an address that is known, or a new one. */

import { useEffect, useState } from "preact/hooks";
import { api, ask, type Schemas } from "@/shared/api";
import { Button, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { AddressForm, addressLine } from "../account/AddressForm";
import { Step } from "./Step";

type Address = Schemas["Address"];

interface AddressStepProps {
  chosen: Address | null;
  choose: (address: Address) => void;
}

export function AddressStep({ chosen, choose }: AddressStepProps) {
  const [adding, setAdding] = useState(false);
  const known = useLoaded(
    async () => (await ask(api.GET("/v1/users/me/addresses", { params: { query: { limit: 50 } } }))).data,
    [],
  );
  useEffect(() => {
    const first = known.data?.find((address) => address.is_default) ?? known.data?.[0];
    if (!chosen && first) choose(first);
  }, [known.data]);
  return (
    <Step number={1} title="Where to">
      <Shown of={known}>
        {(addresses) => (
          <>
            <fieldset class="stack stack-tight">
              <legend class="visually-hidden">Address</legend>
              {addresses.map((address) => (
                <label key={address.address_id} class="choice">
                  <input
                    type="radio"
                    name="address"
                    checked={address.address_id === chosen?.address_id}
                    onChange={() => choose(address)}
                  />
                  <span>
                    <strong>{address.full_name}</strong>
                    <br />
                    <span class="small soft">{addressLine(address)}</span>
                  </span>
                </label>
              ))}
            </fieldset>
            {adding || addresses.length === 0 ? (
              <AddressForm
                done={(address) => {
                  known.set([...addresses, address]);
                  choose(address);
                  setAdding(false);
                }}
                cancel={addresses.length > 0 ? () => setAdding(false) : undefined}
              />
            ) : (
              <div>
                <Button small icon="plus" onClick={() => setAdding(true)}>
                  Another address
                </Button>
              </div>
            )}
          </>
        )}
      </Shown>
    </Step>
  );
}
