/** The second factor: set up with a QR code, with backup codes, and taken away again. */

import { useState } from "preact/hooks";
import { useAction } from "@/shared/acting";
import { api, ask, keyed, type Schemas } from "@/shared/api";
import { Badge, Button, Field, Form, Note, ProblemNote, Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import { toast } from "@/shared/toasts";
import { QrCode } from "./QrCode";

export function Mfa() {
  const account = useLoaded(() => ask(api.GET("/v1/accounts/me")), []);
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <section class="stack" aria-labelledby="mfa-title">
      <h2 id="mfa-title">Second factor</h2>
      {codes && <BackupCodes codes={codes} />}
      <Shown of={account}>
        {({ mfa_enabled }) =>
          mfa_enabled ? (
            <Enabled done={account.reload} />
          ) : (
            <SetUp
              done={(made) => {
                setCodes(made);
                account.reload();
              }}
            />
          )
        }
      </Shown>
    </section>
  );
}

function SetUp({ done }: { done: (codes: string[]) => void }) {
  const [enrollment, setEnrollment] = useState<Schemas["Enrollment"] | null>(null);
  const begin = useAction(async (key) => {
    setEnrollment(await ask(api.POST("/v1/mfa/enrollments", { params: { header: keyed(key) } })));
  });
  if (!enrollment) {
    return (
      <div class="stack">
        <p>An authenticator app on your phone makes sign-in safer: a password alone is then not enough.</p>
        <div>
          <Button kind="primary" icon="lock" busy={begin.busy} onClick={() => begin.act()}>
            Set it up
          </Button>
        </div>
        {begin.problem && <ProblemNote problem={begin.problem} />}
      </div>
    );
  }
  return (
    <div class="mfa card">
      <QrCode text={enrollment.otpauth_uri} label="QR code for your authenticator app" />
      <div class="stack">
        <p>
          Scan this with your authenticator app, or type in <code>{enrollment.secret}</code>
        </p>
        <Form
          label="Turn it on"
          submit={async ({ code = "" }, key) => {
            const params = { header: keyed(key) };
            const made = await ask(api.POST("/v1/mfa/enrollments/confirmations", { params, body: { code } }));
            done(made.backup_codes);
          }}
        >
          <Field
            label="The code it shows"
            name="code"
            inputMode="numeric"
            pattern="\d{6}"
            autocomplete="one-time-code"
            required
            autoFocus
          />
        </Form>
      </div>
    </div>
  );
}

function BackupCodes({ codes }: { codes: string[] }) {
  return (
    <Note tone="good">
      <p>It is on. Keep these backup codes somewhere safe; each works once, and they are not shown again.</p>
      <ul class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </Note>
  );
}

function Enabled({ done }: { done: () => void }) {
  const [ending, setEnding] = useState(false);
  if (!ending) {
    return (
      <div class="row">
        <Badge of="on" tone="good" />
        <Button small kind="danger" onClick={() => setEnding(true)}>
          Turn it off
        </Button>
      </div>
    );
  }
  return (
    <Form
      label="Turn it off"
      kind="danger"
      class="narrow"
      submit={async ({ code = "", current_password = "" }) => {
        const answer = /^\d{6}$/.test(code) ? { code } : { backup_code: code };
        await ask(api.DELETE("/v1/mfa", { body: { ...answer, current_password } }));
        toast("The second factor is off");
        done();
      }}
    >
      <Field label="Code, or a backup code" name="code" autocomplete="one-time-code" required />
      <Field label="Password" name="current_password" type="password" autocomplete="current-password" required />
    </Form>
  );
}
