/** From the shelves to an order: a guest's cart, sign-in, checkout, and the ways a payment can go. */

import type { Page } from "@playwright/test";
import { COUPON, GIFT, OFFER, TEA } from "./furnish.ts";
import { accessible, expect, fitsPhone, keepsNoToken, signIn, test } from "./kit.ts";
import { customer } from "./shop.ts";

async function putInCart(page: Page, product: string): Promise<void> {
  await page.goto(`/products/${product}`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  await expect(page.getByText("is in your cart")).toBeVisible();
}

async function useCard(page: Page, label: string): Promise<void> {
  await page.getByRole("button", { name: "Another card" }).click();
  await page.getByLabel("Test card").selectOption({ label });
  await page.getByRole("button", { name: "Use this card" }).click();
  await expect(page.getByText("Visa ending in 4242").first()).toBeVisible();
}

async function pay(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "Pay and order" });
  await expect(button).toBeEnabled();
  await button.click();
}

test("a guest fills a cart, signs in at checkout, and gets an order", async ({ page }) => {
  const ann = await customer("window");
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Breeze oolong" }).first().click();
  await page.getByText("100 g", { exact: true }).click();
  await expect(page.locator(".buy .price")).toContainText("$34.00");
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: /^Cart, 1/ }).click();
  await expect(page.getByRole("heading", { name: "Your cart" })).toBeVisible();
  await page.getByRole("link", { name: "Check out" }).click();
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await signIn(page, ann);
  await expect(page.getByText("1 × Breeze oolong")).toBeVisible();
  await useCard(page, "A card that pays");
  await accessible(page);
  await fitsPhone(page);
  await keepsNoToken(page);
  await pay(page);
  await expect(page.getByRole("heading", { name: /^Order ORD-/ })).toBeVisible();
  await expect(page.getByText("Thank you!")).toBeVisible();
  await expect(page.getByRole("status", { name: "Status" })).toContainText("Confirmed");
  await accessible(page);
  await fitsPhone(page);
  await page.reload();
  await expect(page.getByRole("heading", { name: /^Order ORD-/ })).toBeVisible();
});
