/** Opening an account. */

import { useLocation } from "preact-iso";
import { api, ask, keyed } from "@/shared/api";
import { Field, Form } from "@/shared/components";
import { signIn } from "@/shared/session";
import { toast } from "@/shared/toasts";
import { useTitle } from "../title";
import { nextOf } from "./next";

export default function Register() {
  useTitle("Open an account");
  const { route, query } = useLocation();
  return (
    <section class="entry card stack">
      <h1>Open an account</h1>
      <Form
        label="Open account"
        submit={async ({ email = "", password = "", first_name, last_name }, key) => {
          const body = { email, password, first_name: first_name ?? null, last_name: last_name ?? null };
          await ask(api.POST("/v1/accounts", { params: { header: keyed(key) }, body }));
          await signIn({ identifier: email, password }, key);
          toast("Welcome aboard. We sent you a mail to confirm your address.");
          route(nextOf(query), true);
        }}
      >
        <div class="form-pair">
          <Field label="First name" name="first_name" autocomplete="given-name" autoFocus />
          <Field label="Last name" name="last_name" autocomplete="family-name" />
        </div>
        <Field label="Email" name="email" type="email" autocomplete="email" required />
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete="new-password"
          hint="Long beats complicated: a few words will do."
          required
        />
      </Form>
      <p class="small">
        <a href={`/sign-in?next=${encodeURIComponent(nextOf(query))}`}>I have an account</a>
      </p>
    </section>
  );
}
