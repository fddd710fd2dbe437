/** A new password: asked for here, chosen where the mail leads. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { ask, keyed, openApi } from "@/shared/api";
import { ButtonLink, Empty, Field, Form, Note } from "@/shared/components";
import { useTitle } from "../title";

export default function ResetPassword() {
  useTitle("A new password");
  const { token } = useLocation().query;
  return token ? <Choose token={token} /> : <AskForMail />;
}

function AskForMail() {
  const [sent, setSent] = useState(false);
  return (
    <section class="entry card stack">
      <h1>A new password</h1>
      {sent ? (
        <Note tone="good">If there is such an account, a mail with a link is on its way to it.</Note>
      ) : (
        <Form
          label="Send me a link"
          submit={async ({ email = "" }, key) => {
            await ask(openApi.POST("/v1/password-resets", { params: { header: keyed(key) }, body: { email } }));
            setSent(true);
          }}
        >
          <Field label="Email" name="email" type="email" autocomplete="email" required autoFocus />
        </Form>
      )}
    </section>
  );
}

function Choose({ token }: { token: string }) {
  const [done, setDone] = useState(false);
  if (done) {
    return (
      <Empty title="That is your password now" icon="check">
        <ButtonLink kind="primary" href="/sign-in">
          Sign in
        </ButtonLink>
      </Empty>
    );
  }
  return (
    <section class="entry card stack">
      <h1>Choose a new password</h1>
      <Form
        label="Use this password"
        submit={async ({ new_password = "" }, key) => {
          const params = { header: keyed(key) };
          await ask(openApi.POST("/v1/password-resets/confirmations", { params, body: { token, new_password } }));
          setDone(true);
        }}
      >
        <Field
          label="New password"
          name="new_password"
          type="password"
          autocomplete="new-password"
          required
          autoFocus
        />
      </Form>
    </section>
  );
}
