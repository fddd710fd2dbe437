/** Who the customer is. */

import { useAction } from "@/shared/acting";
import { api, ask, at, keyed } from "@/shared/api";
import { Badge, Button, Field, Form, ProblemNote, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { toast } from "@/shared/toasts";

export function Profile() {
  const profile = useLoaded(() => ask(api.GET("/v1/users/me")), []);
  return (
    <Shown of={profile}>
      {(known) => (
        <div class="stack narrow">
          <EmailLine />
          <Form
            key={known.version}
            label="Save"
            submit={async ({ first_name, last_name, phone, date_of_birth }) => {
              const body = {
                first_name: first_name ?? null,
                last_name: last_name ?? null,
                phone: phone ?? null,
                date_of_birth: date_of_birth ?? null,
              };
              profile.set(await ask(api.PATCH("/v1/users/me", { params: { header: at(known.version) }, body })));
              toast("Saved");
            }}
          >
            <div class="form-pair">
              <Field
                label="First name"
                name="first_name"
                value={known.first_name ?? undefined}
                autocomplete="given-name"
              />
              <Field
                label="Last name"
                name="last_name"
                value={known.last_name ?? undefined}
                autocomplete="family-name"
              />
            </div>
            <Field label="Phone" name="phone" type="tel" value={known.phone ?? undefined} autocomplete="tel" />
            <Field
              label="Date of birth"
              name="date_of_birth"
              type="date"
              value={known.date_of_birth ?? undefined}
              autocomplete="bday"
            />
          </Form>
        </div>
      )}
    </Shown>
  );
}

/** The address, and a mail to confirm it if that is still to be done. */
function EmailLine() {
  const account = useLoaded(() => ask(api.GET("/v1/accounts/me")), []);
  const send = useAction(async (key) => {
    await ask(api.POST("/v1/email-verifications", { params: { header: keyed(key) } }));
    toast("A mail with a link is on its way");
  });
  if (!account.data) return null;
  const { email, email_verified } = account.data;
  return (
    <div class="stack stack-tight">
      <div class="row">
        <strong>{email}</strong>
        <Badge
          of="verified"
          tone={email_verified ? "good" : "warn"}
          label={email_verified ? "Confirmed" : "Unconfirmed"}
        />
        {!email_verified && (
          <Button small busy={send.busy} onClick={() => send.act()}>
            Send the mail again
          </Button>
        )}
      </div>
      {send.problem && <ProblemNote problem={send.problem} />}
    </div>
  );
}
