/** A page's head: its title, where it belongs, and what can be done with all of it. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "@/shared/components";

interface PageProps {
  title: string;
  /** The list this thing is one of. */
  back?: { label: string; href: string };
  /** Beside the title: states and the like. */
  beside?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, back, beside, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Tradewind control room`;
  }, [title]);
  return (
    <div class="stack">
      <header class="page-head">
        <div class="stack stack-tight">
          {back && (
            <a class="back small" href={back.href}>
              <Icon name="back" /> {back.label}
            </a>
          )}
          <div class="row">
            <h1>{title}</h1>
            {beside}
          </div>
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page under its own heading. */
export function Part({
  title,
  beside,
  children,
}: {
  title: string;
  beside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="part">
      <header class="row row-apart">
        <h2>{title}</h2>
        {beside}
      </header>
      {children}
    </section>
  );
}

/** What is known of a thing: names and values. What is not known is left out. */
export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  const known = of.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
