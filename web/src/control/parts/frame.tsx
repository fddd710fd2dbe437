/** What surrounds every page: the ways to all of them, and who is here. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Button, Icon, IconButton, ThemeSwitch } from "@/shared/components";
import { signOut } from "@/shared/session";
import { isAdmin } from "../staff";

interface Way {
  label: string;
  href: string;
  admin?: boolean;
}

const WAYS: { title: string; ways: Way[] }[] = [
  {
    title: "Sales",
    ways: [
      { label: "Overview", href: "/control" },
      { label: "Orders", href: "/control/orders" },
      { label: "Returns", href: "/control/returns" },
      { label: "Payments", href: "/control/payments" },
      { label: "Refunds", href: "/control/refunds" },
    ],
  },
  {
    title: "Goods",
    ways: [
      { label: "Stock", href: "/control/stock", admin: true },
      { label: "Reservations", href: "/control/reservations", admin: true },
      { label: "Product import", href: "/control/imports", admin: true },
    ],
  },
  {
    title: "Shop front",
    ways: [
      { label: "Coupons", href: "/control/coupons", admin: true },
      { label: "Promotions", href: "/control/promotions", admin: true },
      { label: "Moderation", href: "/control/moderation" },
    ],
  },
  {
    title: "Machinery",
    ways: [
      { label: "Live events", href: "/control/events" },
      { label: "Dead letters", href: "/control/dead-letters" },
    ],
  },
];

export function Frame({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  return (
    <div class="frame">
      <a class="skip-link" href="#main" target="_self">
        Skip to the page
      </a>
      <header class="side" data-open={open}>
        <div class="side-head">
          <a class="brand" href="/control">
            <Icon name="leaf" /> Tradewind
          </a>
          <ThemeSwitch />
          <span class="side-toggle">
            <IconButton
              icon={open ? "close" : "menu"}
              label={open ? "Close the menu" : "Open the menu"}
              aria-expanded={open}
              aria-controls="ways"
              onClick={() => setOpen(!open)}
            />
          </span>
        </div>
        <nav id="ways" class="ways" aria-label="Control room">
          {WAYS.map((group) => (
            <Group key={group.title} title={group.title} ways={group.ways} path={path} />
          ))}
          <Button small kind="quiet" onClick={leave}>
            Sign out
          </Button>
        </nav>
      </header>
      <main id="main" class="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Group({ title, ways, path }: { title: string; ways: Way[]; path: string }) {
  const open = ways.filter((way) => !way.admin || isAdmin.value);
  if (open.length === 0) return null;
  return (
    <section class="ways-group">
      <h2>{title}</h2>
      <ul>
        {open.map((way) => (
          <li key={way.href}>
            <a href={way.href} aria-current={isHere(way.href, path) ? "page" : undefined}>
              {way.label}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

const isHere = (href: string, path: string): boolean =>
  href === "/control" ? path.replace(/\/$/, "") === href : path === href || path.startsWith(`${href}/`);

async function leave(): Promise<void> {
  await signOut().finally(() => location.assign("/control"));
}
