/** What waits for somebody: a number each, and the way there. */

import { api, ask } from "@/shared/api";
import { type PageOf, useLoaded } from "@/shared/loading";
import { usePolling } from "./parts/polling";
import { isAdmin } from "./staff";

interface Tile {
  label: string;
  href: string;
  admin?: boolean;
  read: () => Promise<string>;
}

const LIMIT = 100;

const many = async (page: Promise<PageOf<unknown>>): Promise<string> => {
  const { data, has_more } = await page;
  return has_more ? `${data.length}+` : String(data.length);
};

const TILES: Tile[] = [
  {
    label: "Returns to answer",
    href: "/control/returns?status=pending",
    read: () => many(ask(api.GET("/v1/returns", { params: { query: { status: "pending", limit: LIMIT } } }))),
  },
  {
    label: "Reviews to moderate",
    href: "/control/moderation",
    read: () => many(ask(api.GET("/v1/admin/reviews", { params: { query: { status: "pending", limit: LIMIT } } }))),
  },
  {
    label: "Failed refunds",
    href: "/control/refunds?status=failed",
    read: () => many(ask(api.GET("/v1/admin/refunds", { params: { query: { status: "failed", limit: LIMIT } } }))),
  },
  {
    label: "Low stock",
    href: "/control/stock",
    admin: true,
    read: () => many(ask(api.GET("/v1/inventory-items", { params: { query: { low: true, limit: LIMIT } } }))),
  },
  {
    label: "Dead letters",
    href: "/control/dead-letters",
    read: async () => {
      const { queues } = await ask(api.GET("/v1/operations/dead-letters"));
      return String(queues.reduce((sum, queue) => sum + queue.count, 0));
    },
  },
];

export function Waiting() {
  return (
    <nav class="tiles" aria-label="What waits for somebody">
      {TILES.filter((tile) => !tile.admin || isAdmin.value).map((tile) => (
        <Count key={tile.href} of={tile} />
      ))}
    </nav>
  );
}

/** Each is read by itself: one that cannot be had does not hide the others. */
function Count({ of }: { of: Tile }) {
  const { data, problem, reload } = useLoaded(of.read, [of]);
  usePolling(reload, 30);
  const warns = data !== undefined && data !== "0";
  return (
    <a class={`tile ${warns ? "tile-warn" : ""}`} href={of.href}>
      <strong>{data ?? (problem ? "?" : "…")}</strong>
      {of.label}
    </a>
  );
}
