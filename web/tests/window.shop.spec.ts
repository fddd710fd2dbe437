/** Looking around: home, departments, search, and a product with what others say of it. */

import { gzipSync } from "node:zlib";
import type { Response } from "@playwright/test";
import { GIFT, TEA } from "./furnish.ts";
import { accessible, expect, fitsPhone, signIn, test } from "./kit.ts";
import { admin, customer } from "./shop.ts";

const FIRST_LOAD = 150 * 1024;

test("home is light, for everyone, and leads to the departments", async ({ page }) => {
  const bodies: Promise<Buffer>[] = [];
  const take = (response: Response) => {
    if (response.ok() && !response.url().includes("/api/")) bodies.push(response.body());
  };
  page.on("response", take);
  await page.goto("/", { waitUntil: "networkidle" });
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  page.off("response", take);
  const size = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  expect(size, "first load, gzipped").toBeGreaterThan(10_000);
  expect(size, "first load, gzipped").toBeLessThanOrEqual(FIRST_LOAD);
  test.info().annotations.push({ type: "first load", description: `${Math.round(size / 1024)} KB` });
  await accessible(page);
  await fitsPhone(page);
  const colours = page.getByRole("button", { name: /^Colours/ });
  await colours.click();
  await colours.click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.getByRole("navigation", { name: "Departments" }).getByRole("link", { name: "Tea", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Tea" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Breeze oolong" })).toBeVisible();
  await accessible(page);
  await fitsPhone(page);
});

test("search finds while one types, forgives, and filters", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Search the shop").pressSequentially("breze oolong", { delay: 20 });
  await expect(page).toHaveURL(/\/search\?q=breze/);
  await expect(page.getByRole("link", { name: "Breeze oolong" })).toBeVisible();
  await expect(page.getByLabel("Search the shop")).toBeFocused();
  await page.getByLabel("Search the shop").fill("tea");
  await expect(page).toHaveURL(/q=tea/);
  await page
    .getByLabel("Brand")
    .getByRole("link", { name: /Harbour/ })
    .click();
  await expect(page).toHaveURL(/brand=Harbour/);
  await page.getByLabel("Sort by").selectOption({ label: "Price, high first" });
  await expect(page).toHaveURL(/sort=-price/);
  await accessible(page);
  await fitsPhone(page);
  await page.getByLabel("Search the shop").fill("zzzzqqqq");
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  await page.goto("/products/no-such-thing");
  await expect(page.getByRole("heading", { name: "There is no such thing here" })).toBeVisible();
});

test("a product has variants and stock, and a wish asks for a sign-in over the page", async ({ page }) => {
  const ann = await customer("wishes");
  await page.goto(`/products/${TEA}`);
  await expect(page.getByText("In stock")).toBeVisible();
  await expect(page.locator(".buy .price")).toContainText("$18.50");
  await page.getByText("100 g", { exact: true }).click();
  await expect(page.locator(".buy .price")).toContainText("$34.00");
  await accessible(page);
  await fitsPhone(page);
  await page
    .locator(".buy")
    .getByRole("button", { name: /on the wishlist$/ })
    .click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await accessible(page);
  await signIn(page, ann);
  await expect(page.locator(".buy").getByRole("button", { name: /off the wishlist$/ })).toBeVisible();
  await expect(page.getByLabel("100 g")).toBeChecked();
  await page.getByRole("link", { name: "Wishlist" }).click();
  await expect(page.getByRole("link", { name: "Breeze oolong" })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: /off the wishlist$/ }).click();
  await expect(page.getByRole("heading", { name: "No wishes yet" })).toBeVisible();
});

test("a review and a question appear once staff have seen them", async ({ page }) => {
  const [ann, staff] = await Promise.all([customer("opinions"), admin()]);
  const words = `For long watches ${Date.now()}`;
  await page.goto(`/products/${GIFT}`);
  await page.getByRole("button", { name: "Write a review" }).click();
  await page.getByText("5 of 5 stars").locator("..").click();
  await page.getByLabel(/^Title/).fill(words);
  await page.getByRole("button", { name: "Send review" }).click();
  await signIn(page, ann);
  await expect(page.getByText("Thank you. Your review")).toBeVisible();
  await page.getByLabel("Your question").fill(`Does it float? ${words}`);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByText("Thank you. Your question")).toBeVisible();
  const reviews = await ann.client.get<{ data: { review_id: string }[] }>("/v1/users/me/reviews");
  const questions = await ann.client.get<{ data: { id: string; version: number }[] }>("/v1/users/me/questions");
  const [review, question] = [reviews.data[0], questions.data[0]];
  if (!review || !question) throw new Error("They are not there");
  await staff.post(`/v1/reviews/${review.review_id}/moderations`, { status: "approved" });
  await staff.put(`/v1/questions/${question.id}/answer`, { answer: "For a while." });
  const seen = await staff.get<{ version: number; is_approved: boolean }>(`/v1/questions/${question.id}`);
  if (!seen.is_approved) await staff.patch(`/v1/questions/${question.id}`, seen.version, { is_approved: true });
  await page.reload();
  await expect(page.getByRole("heading", { name: words, exact: true })).toBeVisible();
  await expect(page.getByText("For a while.").first()).toBeVisible();
});
