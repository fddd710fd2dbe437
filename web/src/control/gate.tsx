/** Staff only: whoever is not signed in is asked to, and customers are sent to the shop. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button, ButtonLink, Icon, Loading, Note, SignInForm, ThemeSwitch, Toasts } from "@/shared/components";
import { resumed, session, signOut } from "@/shared/session";
import { isStaff } from "./staff";

/** Once inside, the page stays: should the session end, a dialog over it asks, and nothing typed is lost. */
export function Gate({ children }: { children: ComponentChildren }) {
  const [known, setKnown] = useState(false);
  const [inside, setInside] = useState(false);
  useEffect(() => {
    resumed.finally(() => setKnown(true));
  }, []);
  useEffect(() => {
    if (isStaff.value) setInside(true);
  }, [isStaff.value]);
  if (inside) return <>{children}</>;
  return (
    <div class="gate">
      <main id="main" class="card stack gate-card">
        <header class="row row-apart">
          <h1 class="brand">
            <Icon name="leaf" /> Control room
          </h1>
          <ThemeSwitch />
        </header>
        {known ? <Entrance /> : <Loading />}
      </main>
      <Toasts />
    </div>
  );
}

function Entrance() {
  if (!session.value) return <SignInForm done={() => undefined} />;
  return (
    <>
      <Note tone="warn">This account is a customer's. The control room is for support and administrators.</Note>
      <div class="row">
        <Button kind="primary" onClick={() => void signOut()}>
          Use another account
        </Button>
        <ButtonLink href="/" target="_self">
          To the shop
        </ButtonLink>
      </div>
    </>
  );
}
