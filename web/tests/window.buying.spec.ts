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

test("every change of the price is explained: an offer, a coupon, shipping", async ({ page }) => {
  await putInCart(page, GIFT);
  await page.goto("/cart");
  await page.getByRole("button", { name: "One more" }).click();
  await expect(page.getByRole("group", { name: /Quantity/ }).getByText("2")).toBeVisible();
  await page.getByRole("button", { name: "One more" }).click();
  await expect(page.getByText(OFFER)).toBeVisible();
  await expect(page.getByText("Buy some, get some for less")).toBeVisible();
  await page.getByText("I have a coupon").click();
  await page.getByLabel("Coupon code").fill("NOSUCHCODE");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByLabel("Coupon code")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Coupon code").fill(COUPON);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("Fair wind", { exact: false }).first()).toBeVisible();
  await page.getByText("Estimate shipping").first().click();
  await page.getByLabel("State").fill("CA");
  await page.getByLabel("Postal code").fill("94107");
  await page.getByRole("button", { name: "Estimate shipping" }).click();
  await page.getByLabel(/^Express/).check();
  await expect(page.getByText("Shipping, Express")).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
  await page.getByRole("button", { name: "Remove coupon" }).click();
  await expect(page.getByText("I have a coupon")).toBeVisible();
  await page.getByRole("button", { name: /^Remove Captain/ }).click();
  await expect(page.getByRole("heading", { name: "Your cart is empty" })).toBeVisible();
});

test("a declined card leaves the cart; cash on delivery then buys it", async ({ page }) => {
  const ann = await customer("declined");
  await putInCart(page, TEA);
  await page.goto("/sign-in?next=/checkout");
  await signIn(page, ann);
  await useCard(page, "A card that is declined");
  await pay(page);
  await expect(page.getByText("The card was declined. Try another one.")).toBeVisible();
  await page.getByRole("link", { name: "Back to checkout" }).click();
  await page.getByLabel(/^Cash on delivery/).check();
  await pay(page);
  await expect(page.getByRole("heading", { name: /^Order ORD-/ })).toBeVisible();
  await expect(page.getByText("Cash on delivery")).toBeVisible();
});

test("a bank that wants to see the customer is asked in a tab of its own", async ({ page, context }) => {
  const ann = await customer("secure");
  await putInCart(page, TEA);
  await page.goto("/sign-in?next=/checkout");
  await signIn(page, ann);
  await useCard(page, "A card that asks for 3-D Secure");
  await pay(page);
  await expect(page.getByRole("heading", { name: "Your bank wants to see you" })).toBeVisible();
  await accessible(page);
  const [bank] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("link", { name: "Confirm at the bank" }).click(),
  ]);
  await bank.getByRole("button", { name: "approve" }).click();
  await expect(bank.getByRole("heading", { name: "Thank you" })).toBeVisible();
  await bank.close();
  await expect(page.getByRole("heading", { name: /^Order ORD-/ })).toBeVisible({ timeout: 30_000 });
});

test("one can buy with the keyboard alone", async ({ page }) => {
  const ann = await customer("keys");
  const tabTo = async (name: string): Promise<void> => {
    for (let presses = 0; presses < 80; presses += 1) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent;
        return element?.getAttribute("aria-label") ?? label ?? "";
      });
      if (focused.trim().startsWith(name)) return;
    }
    throw new Error(`The keyboard does not reach ${name}`);
  };
  await page.goto("/sign-in");
  await expect(page.getByLabel("Email or user name")).toBeFocused();
  await page.keyboard.type(ann.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(ann.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("link", { name: "Captain's gift box" }).first()).toBeVisible();
  await tabTo("Captain's gift box");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Add to cart" })).toBeVisible();
  await tabTo("Add to cart");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: /^Cart, 1/ })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("link", { name: /^Cart, 1/ })).toBeVisible();
  await tabTo("Cart, 1");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: "Check out" })).toBeVisible();
  await tabTo("Check out");
  await page.keyboard.press("Enter");
  await expect(page.getByText("about 5 days")).toBeVisible();
  await tabTo("Cash on delivery");
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Pay and order" })).toBeEnabled();
  await tabTo("Pay and order");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: /^Order ORD-/ })).toBeVisible();
});
