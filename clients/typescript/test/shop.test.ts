/** Buys in the shop at API_URL, as `make test-web` opens it. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { tradewind } from "../src/index.js";

const baseUrl = process.env.API_URL ?? "http://localhost:4566";

test("somebody signs up, looks around and fills a cart", async () => {
  let token: string | undefined;
  const shop = tradewind({ baseUrl, token: () => token });
  const [email, password] = [`${randomUUID()}@example.com`, "a long walk by the sea"];
  const opened = await shop.POST("/v1/accounts", { body: { email, password } });
  assert.deepEqual(opened.data?.roles, ["customer"]);
  const { data: pair } = await shop.POST("/v1/sessions", { body: { identifier: email, password } });
  assert(pair && "access_token" in pair);
  token = pair.access_token;

  const { data: page } = await shop.GET("/v1/products", { params: { query: { limit: 5 } } });
  const [shown] = page?.data ?? [];
  assert(shown);
  const { data: product } = await shop.GET("/v1/products/{product_id}", {
    params: { path: { product_id: shown.product_id } },
  });
  assert.equal(product?.price?.currency, shown.price?.currency);

  const added = await shop.POST("/v1/carts/current/items", {
    params: { header: { "Idempotency-Key": randomUUID() } },
    body: { product_id: shown.product_id, variant_id: product?.variants[0]?.variant_id ?? null, quantity: 1 },
  });
  assert.equal(added.error, undefined);
  const { data: cart } = await shop.GET("/v1/carts/current");
  assert.deepEqual(
    cart?.items.map((item) => [item.product_id, item.quantity]),
    [[shown.product_id, 1]],
  );
});

test("a refusal is a problem with its code", async () => {
  const { error, response } = await tradewind({ baseUrl }).GET("/v1/products/{product_id}", {
    params: { path: { product_id: "nothing-of-the-sort" } },
  });
  assert.deepEqual([response.status, error?.code], [404, "not_found"]);
});
