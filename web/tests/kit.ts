/** What every test of the pages watches for, and moves that several make. */

import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import type { Customer } from "./shop.ts";

/** Scripts that break and what the content security policy had to stop fail the test that saw it. */
export const test = base.extend({
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(`${error}`));
    page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) faults.push(message.text());
    });
    await use(page);
    expect(faults).toEqual([]);
  },
});

export { expect };

/** Nothing that keeps people out: axe finds nothing serious or critical, in light and in dark. */
export async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page });
    if (colorScheme === "dark") axe.withRules("color-contrast"); // nothing else is different there
    const { violations } = await axe.analyze();
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const told = grave.map(({ id, nodes }) => `${id} (${colorScheme}): ${nodes.map((node) => node.html).join("\n")}`);
    expect.soft(told, page.url()).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** The page is no wider than the narrowest phone. */
export async function fitsPhone(page: Page): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(over, `${page.url()} is too wide`).toBeLessThanOrEqual(0);
  if (before) await page.setViewportSize(before);
}

/** What scripts could read holds no token. */
export async function keepsNoToken(page: Page): Promise<void> {
  const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]));
  expect(kept).not.toMatch(/eyJ|tradewind_refresh|token"/);
}

export async function signIn(page: Page, who: Pick<Customer, "email" | "password">): Promise<void> {
  await page.getByLabel("Email or user name").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).last().click();
}
