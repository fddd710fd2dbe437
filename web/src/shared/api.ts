/**
 * The shop's API, typed from its OpenAPI description. `api` says who is calling: it renews an old access token, and
 * where the session has ended it asks for a sign-in over the page and then repeats the request. `openApi` is for what
 * everyone may read: it waits for nobody.
 */

import createClient from "openapi-fetch";
import type { components, paths } from "@/api/schema";
import { Problem, problemOf } from "./problem";
import { accessToken, end, renew, resumed } from "./session";
import { askToSignIn } from "./sign-in";

export type Schemas = components["schemas"];

const BASE = "/api";

export const openApi = createClient<paths>({ baseUrl: BASE });
export const api = createClient<paths>({ baseUrl: BASE, fetch: asCaller });

async function asCaller(request: Request): Promise<Response> {
  await resumed;
  const first = await send(request.clone());
  if (first.status !== 401) return first;
  if (accessToken() && (await renew())) {
    const second = await send(request.clone());
    if (second.status !== 401) return second;
  }
  if (await askToSignIn()) return send(request);
  end();
  return first;
}

function send(request: Request): Promise<Response> {
  const token = accessToken();
  if (token) {
    request.headers.set("Authorization", `Bearer ${token}`);
    request.headers.delete("X-Cart-Session");
  }
  return fetch(request);
}

type Answer<T> = { data?: T; error?: unknown; response: Response };
type Told<A> = A extends { data: infer T; error?: never } ? T : never;

/** What the shop answers, or its problem as an exception: `await ask(api.GET("/v1/orders"))`. */
export async function ask<A extends Answer<unknown>>(call: Promise<A>): Promise<Told<A>> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response.status, error);
  return data as Told<A>;
}

/** The same, for what may be missing: null where the shop has no such thing. */
export async function find<A extends Answer<unknown>>(call: Promise<A>): Promise<Told<A> | null> {
  try {
    return await ask(call);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** The header of a request that moves something: made when its form opens, the same again when it is tried again. */
export const keyed = (key: string): { "Idempotency-Key": string } => ({ "Idempotency-Key": key });

/** The header of a change to what was read at this version. */
export const at = (version: number | undefined): { "If-Match": string } => ({ "If-Match": `"${version ?? 1}"` });

export const newKey = (): string => crypto.randomUUID();
