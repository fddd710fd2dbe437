/**
 * Who is signed in. The access token lives in this module's memory alone; the refresh token is in a cookie that no
 * script can read, so a reload asks the shop once for a new access token.
 */

import { computed, signal } from "@preact/signals";
import type { components } from "@/api/schema";
import { readCookie, writeCookie } from "./cookies";
import { Problem, problemOf } from "./problem";

export interface Session {
  userId: string;
  sessionId: string;
  roles: string[];
}

type Pair = Omit<components["schemas"]["TokenPair"], "refresh_token">;
type SecondStep = components["schemas"]["SecondStep"];
type SignIn = components["schemas"]["SignIn"];

/** The refresh token in a cookie instead of in the answer's body. */
const BY_COOKIE = { "Content-Type": "application/json", "X-Token-Transport": "cookie" };
/** Says that there was a session here, so that guests do not ask for one in vain at every start. */
const MARK = "tradewind_known";

export const session = signal<Session | null>(null);
export const signedIn = computed(() => session.value !== null);
let token: string | null = null;

export const accessToken = (): string | null => token;

/** What sign-in leads to: a session, or the question for a second factor. */
export type Entered = { session: Session } | { mfaToken: string };

export async function signIn(body: SignIn, key: string): Promise<Entered> {
  const answer = await post("/api/v1/sessions", { ...body, device: body.device ?? thisDevice() }, key);
  if ("mfa_token" in answer) return { mfaToken: answer.mfa_token };
  return { session: begin(answer) };
}

export async function answerMfa(body: SecondStep, key: string): Promise<Session> {
  const answer = await post("/api/v1/sessions/mfa", body, key);
  if ("mfa_token" in answer) throw new Problem(0, "unexpected", "The shop asked for the code once more.");
  return begin(answer);
}

/** By the cookie, which is good when the access token has long expired. */
export async function signOut(): Promise<void> {
  end();
  await fetch("/api/v1/token-revocations", { method: "POST", headers: BY_COOKIE, body: "{}" });
}

/** Forget who was here: they signed out, or the shop ended the session. */
export function end(): void {
  token = null;
  session.value = null;
  writeCookie(MARK, null);
}

let renewing: Promise<boolean> | null = null;

/** A new access token for an old one; false when the session has ended. */
export function renew(): Promise<boolean> {
  renewing ??= exchange().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function exchange(): Promise<boolean> {
  // Refresh tokens are for single use: tabs of one browser share the cookie and take turns.
  return navigator.locks.request("tradewind-refresh", async () => {
    const answer = await fetch("/api/v1/tokens", { method: "POST", headers: BY_COOKIE, body: "{}" });
    if (answer.ok) {
      begin((await answer.json()) as Pair);
      return true;
    }
    if (answer.status !== 401) throw problemOf(answer.status, await answer.json().catch(() => null));
    token = null; // who was here stays on the page, so that nothing typed is lost while they sign in again
    writeCookie(MARK, null);
    return false;
  });
}

/** Every call that says who is calling waits for this: whether there is a session from before. */
export const resumed: Promise<unknown> = readCookie(MARK) ? renew().catch(() => false) : Promise.resolve(false);

/** Whether it is known by now who is here. */
export const settled = signal(false);
void resumed.then(() => {
  settled.value = true;
});

function begin(pair: Pair): Session {
  token = pair.access_token;
  const here = {
    userId: pair.session.user_id,
    sessionId: pair.session.session_id,
    roles: rolesIn(pair.access_token),
  };
  if (JSON.stringify(session.peek()) !== JSON.stringify(here)) session.value = here;
  writeCookie(MARK, "1");
  return here;
}

function rolesIn(jwt: string): string[] {
  const payload = jwt.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/");
  const claims = payload ? (JSON.parse(atob(payload)) as { roles?: string[] }) : {};
  return claims.roles ?? [];
}

async function post(
  path: string,
  body: SignIn | SecondStep,
  key: string,
): Promise<Pair | components["schemas"]["MfaRequired"]> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { ...BY_COOKIE, "Idempotency-Key": key },
    body: JSON.stringify(body),
  });
  const told: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw problemOf(answer.status, told);
  return told as Pair | components["schemas"]["MfaRequired"];
}

function thisDevice(): NonNullable<SignIn["device"]> {
  const known = readCookie("tradewind_device") ?? crypto.randomUUID();
  writeCookie("tradewind_device", known);
  const mobile = /Mobi/.test(navigator.userAgent);
  const browser = /(Firefox|Edg|Chrome|Safari)\//.exec(navigator.userAgent)?.[1];
  const os = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(navigator.userAgent)?.[1];
  return {
    device_id: known,
    device_type: mobile ? "mobile" : "desktop",
    ...(browser ? { browser } : {}),
    ...(os ? { os } : {}),
  };
}
