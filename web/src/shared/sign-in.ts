/** The question for a sign-in over the page: whoever needs one waits until the dialog is answered. */

import { signal } from "@preact/signals";

export const signInAsked = signal(false);
let waiting: ((signedIn: boolean) => void)[] = [];

/** Ask the customer to sign in; false when they would rather not. */
export function askToSignIn(): Promise<boolean> {
  signInAsked.value = true;
  return new Promise((resolve) => {
    waiting.push(resolve);
  });
}

export function signInAnswered(signedIn: boolean): void {
  signInAsked.value = false;
  const released = waiting;
  waiting = [];
  for (const release of released) release(signedIn);
}
