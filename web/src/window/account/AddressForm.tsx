/** An address, new or changed. */

import { api, ask, at, keyed, type Schemas } from "@/shared/api";
import { Button, Check, Field, Form, type Typed } from "@/shared/components";
import { CountryFields, countryName } from "./CountryFields";

type Address = Schemas["Address"];

export function addressLine(address: {
  address_line1: string;
  address_line2?: string | null;
  city?: string | null;
  state?: string | null;
  postal_code?: string | null;
  country: string;
}): string {
  const { address_line1, address_line2, city, state, postal_code, country } = address;
  const place = [postal_code, city, state].filter(Boolean).join(" ");
  return [address_line1, address_line2, place, countryName(country)].filter(Boolean).join(", ");
}

interface AddressFormProps {
  known?: Address;
  done: (address: Address) => void;
  cancel?: (() => void) | undefined;
}

export function AddressForm({ known, done, cancel }: AddressFormProps) {
  return (
    <Form
      label="Save address"
      class="card"
      submit={async (typed, key) => done(known ? await change(known, typed) : await add(typed, key))}
      actions={
        cancel && (
          <Button kind="quiet" onClick={cancel}>
            Never mind
          </Button>
        )
      }
    >
      <div class="form-pair">
        <Field label="Full name" name="full_name" value={known?.full_name} autocomplete="name" required />
        <Field
          label="Phone"
          name="phone"
          type="tel"
          value={known?.phone ?? undefined}
          autocomplete="tel"
          hint="With its country: +1…"
        />
      </div>
      <Field
        label="Street and number"
        name="address_line1"
        value={known?.address_line1}
        autocomplete="address-line1"
        required
      />
      <Field
        label="Flat, floor, company"
        name="address_line2"
        value={known?.address_line2 ?? undefined}
        autocomplete="address-line2"
      />
      <div class="form-pair">
        <Field label="City" name="city" value={known?.city} autocomplete="address-level2" required />
        <Field label="Postal code" name="postal_code" value={known?.postal_code} autocomplete="postal-code" required />
      </div>
      <div class="form-pair">
        <CountryFields country={known?.country ?? "US"} state={known?.state ?? null} />
      </div>
      <Check label="My usual address" name="is_default" checked={known?.is_default ?? true} />
    </Form>
  );
}

function fields(typed: Typed): Schemas["AddressFields"] {
  return {
    type: "both",
    full_name: typed.full_name ?? "",
    phone: typed.phone ?? null,
    address_line1: typed.address_line1 ?? "",
    address_line2: typed.address_line2 ?? null,
    city: typed.city ?? "",
    state: typed.state ?? null,
    postal_code: typed.postal_code ?? "",
    country: typed.country ?? "",
    is_default: typed.is_default === "yes",
  };
}

function add(typed: Typed, key: string): Promise<Address> {
  return ask(api.POST("/v1/users/me/addresses", { params: { header: keyed(key) }, body: fields(typed) }));
}

function change(known: Address, typed: Typed): Promise<Address> {
  const params = { path: { address_id: known.address_id }, header: at(known.version) };
  const { full_name, ...rest } = fields(typed);
  const body = { ...rest, ...(full_name ? { full_name } : {}) };
  return ask(api.PATCH("/v1/users/me/addresses/{address_id}", { params, body }));
}
