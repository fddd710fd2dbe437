/** Buttons, and links that look like them. */

import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./Icon";

type Kind = "primary" | "plain" | "quiet" | "danger";

interface Look {
  kind?: Kind;
  small?: boolean;
  icon?: IconName;
  children?: ComponentChildren;
}

type ButtonProps = Look & { busy?: boolean } & Omit<JSX.IntrinsicElements["button"], "icon">;

const looks = (kind: Kind, small: boolean): string => `button button-${kind}${small ? " button-small" : ""}`;

/** While it is busy it stays where it is and keeps the focus, but does nothing. */
export function Button({ kind = "plain", small = false, busy = false, icon, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={looks(kind, small)} aria-busy={busy} aria-disabled={busy || undefined}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export function ButtonLink({
  kind = "plain",
  small = false,
  icon,
  children,
  ...rest
}: Look & JSX.IntrinsicElements["a"]) {
  return (
    <a {...rest} class={looks(kind, small)}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

/** A button that is only an icon, with its name for those who do not see it. */
export function IconButton({
  icon,
  label,
  filled = false,
  ...rest
}: { icon: IconName; label: string; filled?: boolean } & Omit<JSX.IntrinsicElements["button"], "icon" | "label">) {
  return (
    <button type="button" {...rest} class="icon-button" aria-label={label} title={label}>
      <Icon name={icon} filled={filled} />
    </button>
  );
}
