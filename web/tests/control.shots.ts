/** Pictures of the control room for the README. */

import type { Page } from "@playwright/test";
import { makeWorld, operator } from "./control-world.ts";
import { expect, signIn, test } from "./kit.ts";

const FOLDER = process.env.SHOTS ?? "../docs/screenshots";

test.use({ deviceScaleFactor: 1.5 });

async function picture(page: Page, name: string): Promise<void> {
  await expect(page.locator(".loading")).toHaveCount(0);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: `${FOLDER}/control-${name}-${colorScheme}.png` });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

test("the control room", async ({ page }) => {
  test.setTimeout(300_000);
  const world = await makeWorld();
  await page.goto(`/control/checkouts/${world.declined.checkout_id}`);
  await signIn(page, operator());
  const failed = page.getByRole("button", { name: /^Charge payment: Failed/ });
  await failed.hover();
  await failed.evaluate((state) => state.closest(".part")?.scrollIntoView());
  await picture(page, "undone");
  await page.goto(`/control/orders/${world.paid.order_number}`);
  await expect(page.locator(".timeline")).toContainText("Checkout succeeded");
  await picture(page, "order");
  await page.goto("/control/orders");
  await expect(page.getByRole("link", { name: world.paid.order_number })).toBeVisible();
  await picture(page, "orders");
  await page.goto("/control/events");
  await expect(page.getByText("order.confirmed").first()).toBeVisible();
  await picture(page, "events");
  await page.goto(`/control/stock/${world.sku}`);
  await expect(page.getByRole("table", { name: "Ledger" })).toBeVisible();
  await picture(page, "stock");
  await page.goto("/control?span=1h");
  await expect(page.getByRole("img", { name: "Orders confirmed" })).toBeVisible({ timeout: 60_000 });
  await picture(page, "overview");
});
