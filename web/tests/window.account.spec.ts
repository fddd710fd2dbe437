/** What is one's own: an account, its second factor, addresses, devices, preferences; and nothing typed is lost. */

import { randomUUID } from "node:crypto";
import { accessible, expect, fitsPhone, keepsNoToken, signIn, test } from "./kit.ts";
import { customer, mailedToken } from "./shop.ts";
import { totp } from "./totp.ts";

test("an account is opened, confirmed by mail, and gets a new password", async ({ page }) => {
  const email = `new-${randomUUID().slice(0, 8)}@example.com`;
  await page.goto("/register");
  await accessible(page);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Open account" }).click();
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Password").fill("a long walk by the sea");
  await page.getByRole("button", { name: "Open account" }).click();
  await expect(page).toHaveURL("/");
  await keepsNoToken(page);
  await page.goto(`/verify-email?token=${await mailedToken(email, /./)}`);
  await expect(page.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
  await page.goto("/account/profile");
  await expect(page.getByText("Confirmed", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/reset-password");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await expect(page.getByText("a mail with a link is on its way")).toBeVisible();
  await page.goto(`/reset-password?token=${await mailedToken(email, /password/i)}`);
  await page.getByLabel("New password").fill("an even longer walk by the sea");
  await page.getByRole("button", { name: "Use this password" }).click();
  await expect(page.getByText("That is your password now")).toBeVisible();
  await page.getByRole("link", { name: "Sign in" }).last().click();
  await signIn(page, { email, password: "an even longer walk by the sea" });
  await expect(page.getByRole("link", { name: "Your account" })).toBeVisible();
});

test("a second factor is set up with a QR code and then asked for", async ({ page }) => {
  const ann = await customer("factor");
  await page.goto("/sign-in?next=/account/security");
  await signIn(page, ann);
  await expect(page.getByText("This one")).toBeVisible();
  await expect(page.getByRole("region", { name: "Your devices" })).toContainText(/Chrome/);
  await page.getByRole("button", { name: "Set it up" }).click();
  await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
  const secret = (await page.locator(".mfa code").textContent()) ?? "";
  await page.getByLabel("The code it shows").fill(totp(secret));
  await page.getByRole("button", { name: "Turn it on" }).click();
  const code = (await page.locator(".codes code").first().textContent()) ?? "";
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.goto("/sign-in?next=/account/security");
  await signIn(page, ann);
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("button", { name: "Turn it off" })).toBeVisible();
});

test("details, addresses and preferences are kept", async ({ page }) => {
  const ann = await customer("settings");
  await page.goto("/sign-in?next=/account/profile");
  await signIn(page, ann);
  await page.getByLabel("Last name").fill("Leigh");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
  await accessible(page);
  await page.getByRole("link", { name: "Notifications" }).click();
  const choice = page.getByRole("checkbox", { disabled: false }).first();
  const before = await choice.isChecked();
  await choice.click();
  await expect(choice).toBeChecked({ checked: !before });
  await page.reload();
  await expect(choice).toBeChecked({ checked: !before });
  await accessible(page);
  await fitsPhone(page);
  await page.getByRole("link", { name: "Payment" }).click();
  await expect(page.getByRole("heading", { name: "Store credit" })).toBeVisible();
  await page.getByRole("link", { name: "Addresses" }).click();
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByLabel("City").fill("Oakland");
  await page.getByRole("button", { name: "Save address" }).click();
  await expect(page.getByText(/94107 Oakland CA/)).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
});

test("a busy shop and an ended session lose nothing that was typed", async ({ page, context }) => {
  const ann = await customer("keeps");
  await page.goto("/sign-in?next=/account/addresses");
  await signIn(page, ann);
  await page.getByRole("button", { name: "Add an address" }).click();
  await page.getByLabel("Full name").fill("Ann Lee");
  await page.getByLabel("Street and number").fill("2 Quay");
  await page.getByLabel("City").fill("San Francisco");
  await page.getByLabel("Postal code").fill("94107");
  await page.getByLabel("State").fill("CA");
  const keys: (string | undefined)[] = [];
  await page.route("**/api/v1/users/me/addresses", async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    keys.push(route.request().headers()["idempotency-key"]);
    const problem = keys.length === 1 ? { status: 503, code: "unavailable" } : { status: 401, code: "session_ended" };
    if (keys.length > 2) return route.fallback();
    return route.fulfill({
      status: problem.status,
      contentType: "application/problem+json",
      body: JSON.stringify({ ...problem, detail: "Try again in a moment" }),
    });
  });
  await page.getByRole("button", { name: "Save address" }).click();
  await expect(page.getByText("Try again in a moment")).toBeVisible();
  await expect(page.getByLabel("Street and number")).toHaveValue("2 Quay");
  await context.clearCookies({ name: "tradewind_refresh" });
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await signIn(page, ann);
  await expect(page.getByText(/2 Quay/)).toBeVisible();
  expect(new Set(keys).size).toBe(1);
});
