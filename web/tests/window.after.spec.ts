/** After the sale: an order followed as it moves, called off, or sent back for its money. */

import { GIFT } from "./furnish.ts";
import { accessible, expect, fitsPhone, signIn, test } from "./kit.ts";
import { admin, buy, customer, pack } from "./shop.ts";

const DOCK = { full_name: "Returns", address_line1: "1 Dock", city: "Leith", postal_code: "EH6 6JH", country: "GB" };

test("an order is followed live, sent back with an RMA number, and refunded", async ({ page }) => {
  const [ann, staff] = await Promise.all([customer("returns"), admin()]);
  const order = await buy(ann, GIFT);
  await page.goto(`/orders/${order.order_id}`);
  await signIn(page, ann);
  const status = page.getByRole("status", { name: "Status" });
  await expect(status).toContainText("Confirmed");
  const parcel = await pack(staff, order);
  await parcel.see("in_transit");
  await expect(status).toContainText("Shipped", { timeout: 30_000 });
  await expect(page.getByText(/COACH-/)).toBeVisible();
  await parcel.see("delivered");
  await expect(status).toContainText("Delivered", { timeout: 30_000 });
  await page.getByRole("button", { name: "Send something back" }).click();
  await accessible(page);
  await page.getByLabel("Why").selectOption({ label: "Changed mind" });
  await expect(async () => {
    await page.getByRole("button", { name: "Ask for a return" }).click();
    await expect(page.getByRole("heading", { name: /^Return RMA/ })).toBeVisible({ timeout: 2000 });
  }).toPass(); // the returns desk hears of the delivery in a moment
  const id = page.url().split("/").at(-1);
  const { items } = await ann.client.get<{ items: { id: string }[] }>(`/v1/returns/${id}`);
  await staff.post(`/v1/returns/${id}/approvals`, { return_address: DOCK, return_instructions: "In its box." });
  await expect(page.getByRole("heading", { name: "Send it to" })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText("In its box.")).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
  await page.getByLabel("Tracking number").fill("BACK-1");
  await page.getByRole("button", { name: "It is on its way" }).click();
  await staff.post(`/v1/returns/${id}/receipts`, {
    items: items.map((item) => ({ item_id: item.id, condition: "new" })),
  });
  await staff.post(`/v1/returns/${id}/refunds`);
  await expect(page.getByRole("status", { name: "Status" })).toContainText("Refund succeeded", { timeout: 30_000 });
});

test("an order can be called off, and the money comes back", async ({ page }) => {
  const ann = await customer("cancels");
  const order = await buy(ann, GIFT);
  await page.goto(`/orders/${order.order_id}`);
  await signIn(page, ann);
  await page.getByRole("button", { name: "Cancel this order" }).click();
  await page.getByLabel("Why").fill("The neighbour has one");
  await page.getByRole("button", { name: "Cancel the order" }).click();
  const status = page.getByRole("status", { name: "Status" });
  await expect(status).toContainText("Cancelled");
  await expect(status).toContainText("Payment refunded", { timeout: 30_000 });
  await expect(page.getByText("Refund of", { exact: false }).first()).toBeVisible();
  await page.goto("/account/orders");
  await expect(page.getByRole("link", { name: order.order_number })).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
});
