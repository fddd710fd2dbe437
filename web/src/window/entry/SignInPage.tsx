/** Signing in on a page of its own. */

import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { SignInForm } from "@/shared/components";
import { signedIn } from "@/shared/session";
import { useTitle } from "../title";
import { nextOf } from "./next";

export default function SignInPage() {
  useTitle("Sign in");
  const { route, query } = useLocation();
  const next = nextOf(query);
  useEffect(() => {
    if (signedIn.value) route(next, true);
  }, [signedIn.value]);
  return (
    <section class="entry card stack">
      <h1>Welcome back</h1>
      <SignInForm done={() => undefined} />
      <p class="row row-apart small">
        <a href={`/register?next=${encodeURIComponent(next)}`}>Open an account</a>
        <a href="/reset-password">I forgot my password</a>
      </p>
    </section>
  );
}
