/** Password, second factor, devices, sessions, and who tried to get in. */

import { useState } from "preact/hooks";
import { api, ask, keyed } from "@/shared/api";
import { Button, Dialog, Field, Form } from "@/shared/components";
import { toast } from "@/shared/toasts";
import { Devices } from "./Devices";
import { Logins } from "./Logins";
import { Mfa } from "./Mfa";
import { Sessions } from "./Sessions";

export function Security() {
  return (
    <div class="stack stack-loose">
      <Mfa />
      <Password />
      <Sessions />
      <Devices />
      <Logins />
    </div>
  );
}

function Password() {
  const [open, setOpen] = useState(false);
  return (
    <section class="stack" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <div>
        <Button icon="lock" onClick={() => setOpen(true)}>
          Change password
        </Button>
      </div>
      <Dialog title="Change password" open={open} close={() => setOpen(false)}>
        <Form
          label="Change"
          submit={async ({ current_password = "", new_password = "" }, key) => {
            const body = { current_password, new_password };
            await ask(api.POST("/v1/accounts/me/password-changes", { params: { header: keyed(key) }, body }));
            setOpen(false);
            toast("Your password is changed");
          }}
        >
          <Field
            label="Present password"
            name="current_password"
            type="password"
            autocomplete="current-password"
            required
          />
          <Field label="New password" name="new_password" type="password" autocomplete="new-password" required />
        </Form>
      </Dialog>
    </section>
  );
}
