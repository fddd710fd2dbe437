/** Signing in: the form, its second step, and the dialog that asks for it over a page whose session has ended. */

import { useState } from "preact/hooks";
import { answerMfa, type Entered, signIn } from "../session";
import { signInAnswered, signInAsked } from "../sign-in";
import { Dialog } from "./Dialog";
import { Check, Field, Form } from "./Form";

export function SignInForm({ done }: { done: () => void }) {
  const [mfaToken, setMfaToken] = useState<string | null>(null);
  const entered = (what: Entered): void => ("mfaToken" in what ? setMfaToken(what.mfaToken) : done());
  if (mfaToken) return <SecondStepForm mfaToken={mfaToken} done={done} />;
  return (
    <Form
      key="password"
      label="Sign in"
      submit={async ({ identifier = "", password = "" }, key) => {
        entered(await signIn({ identifier, password }, key));
      }}
    >
      <Field label="Email or user name" name="identifier" autocomplete="username" required autoFocus />
      <Field label="Password" name="password" type="password" autocomplete="current-password" required />
    </Form>
  );
}

function SecondStepForm({ mfaToken, done }: { mfaToken: string; done: () => void }) {
  return (
    <Form
      key="code"
      label="Confirm"
      submit={async ({ code = "", trust }, key) => {
        const backup = !/^\d{6}$/.test(code);
        const answer = backup ? { backup_code: code } : { code };
        await answerMfa({ ...answer, mfa_token: mfaToken, trust_device: trust === "yes" }, key);
        done();
      }}
    >
      <Field
        label="Code"
        name="code"
        hint="Six digits from your authenticator, or one of your backup codes."
        autocomplete="one-time-code"
        required
        autoFocus
      />
      <Check label="Do not ask on this device again" name="trust" />
    </Form>
  );
}

/** Stands once on each page; whatever was typed there stays as it is. */
export function SignInDialog() {
  return (
    <Dialog title="Sign in to go on" open={signInAsked.value} close={() => signInAnswered(false)}>
      <SignInForm done={() => signInAnswered(true)} />
    </Dialog>
  );
}
