/** Country and, where the country has them, state. */

import { useState } from "preact/hooks";
import { Field } from "@/shared/components";

/** ISO codes the shop may deliver to; which it does, the shipping quotes say. */
const COUNTRIES =
  "AR AT AU BE BR CA CH CL CN CZ DE DK ES FI FR GB GR HU IE IL IN IT JP KR MX NL NO NZ PL PT RO SE SG US ZA";
/** Countries whose addresses need a state. */
const WITH_STATES = ["US", "CA", "AU", "BR", "IN", "MX"];

const names = new Intl.DisplayNames(undefined, { type: "region" });
const OPTIONS = COUNTRIES.split(" ")
  .map((value) => ({ value, label: names.of(value) ?? value }))
  .sort((one, other) => one.label.localeCompare(other.label));

export const countryName = (code: string): string => names.of(code) ?? code;

export function CountryFields({ country = "US", state }: { country?: string; state?: string | null }) {
  const [chosen, setChosen] = useState(country);
  const needed = WITH_STATES.includes(chosen);
  return (
    <>
      <Field
        label="Country"
        name="country"
        options={OPTIONS}
        value={chosen}
        onInput={setChosen}
        autocomplete="country"
        required
      />
      <Field
        label="State"
        name="state"
        value={state ?? undefined}
        required={needed}
        autocomplete="address-level1"
        hint={needed ? "Its short code, like CA" : undefined}
      />
    </>
  );
}
