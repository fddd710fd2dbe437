/** Pictures of the window for the README. */

import type { Page } from "@playwright/test";
import { GIFT, TEA } from "./furnish.ts";
import { signIn, test } from "./kit.ts";
import { customer } from "./shop.ts";

const FOLDER = process.env.SHOTS ?? "../docs/screenshots";

test.use({ deviceScaleFactor: 1.25 });

async function picture(page: Page, name: string, fullPage = false): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: `${FOLDER}/window-${name}-${colorScheme}.png`, fullPage });
  }
}

test("the window", async ({ page }) => {
  await page.goto("/");
  await picture(page, "home", true);
  await page.goto("/search?q=tea");
  await picture(page, "search");
  await page.goto(`/products/${TEA}`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  await picture(page, "product");
  await page.goto(`/products/${GIFT}`);
  await page.getByRole("button", { name: "One more" }).click();
  await page.getByRole("button", { name: "One more" }).click();
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: /^Cart, 4/ }).click();
  await page.getByRole("button", { name: "Dismiss" }).first().waitFor({ state: "detached" });
  await picture(page, "cart");
  const ann = await customer("pictures");
  await page.goto("/sign-in?next=/checkout");
  await signIn(page, ann);
  await page.getByRole("button", { name: "Another card" }).click();
  await page.getByRole("button", { name: "Use this card" }).click();
  await page.getByText("Visa ending in 4242").waitFor();
  await picture(page, "checkout");
  await page.getByRole("button", { name: "Pay and order" }).click();
  await page.getByRole("heading", { name: /^Order / }).waitFor();
  await page.getByText("Visa").or(page.getByText("Card,")).first().waitFor();
  await picture(page, "order");
  await page.goto("/account/security");
  await page.getByRole("button", { name: "Set it up" }).click();
  await page.getByRole("img", { name: /QR code/ }).waitFor();
  await picture(page, "account");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await page.screenshot({ path: `${FOLDER}/window-phone.png` });
});
