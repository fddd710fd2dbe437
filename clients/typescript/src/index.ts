/** A client of a Tradewind shop: `openapi-fetch` over the types of its API (src/schema.ts, made by `make clients`). */

import createClient, { type Client, type ClientOptions } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { paths } from "./schema.js";
export type Schemas = components["schemas"];
export type Tradewind = Client<paths>;

/** A shop by its address. `token` is asked for before every request: an access token, or nothing for a guest. */
export function tradewind(options: ClientOptions & { baseUrl: string; token?: () => string | undefined }): Tradewind {
  const { token, ...rest } = options;
  const client = createClient<paths>(rest);
  client.use({
    onRequest({ request }) {
      const now = token?.();
      if (now) request.headers.set("Authorization", `Bearer ${now}`);
      return request;
    },
  });
  return client;
}
