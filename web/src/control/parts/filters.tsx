/** Filters that live in the address: a reload, a bookmark and "back" keep them. */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useLocation } from "preact-iso";
import { words } from "@/shared/words";

/** The value of a filter and a way to change it; an empty one leaves the address. */
export function useFilter(name: string): [string, (value: string) => void] {
  const { path, query, route } = useLocation();
  const set = (value: string): void => {
    const asked = new URLSearchParams(query);
    if (value) asked.set(name, value);
    else asked.delete(name);
    const search = asked.toString();
    route(search ? `${path}?${search}` : path, true);
  };
  return [query[name] ?? "", set];
}

/** One of the known words, or null: addresses are typed by anyone. */
export const known = <T extends string>(value: string, of: readonly T[]): T | null =>
  of.find((word) => word === value) ?? null;

export function Filters({ children }: { children: ComponentChildren }) {
  return (
    <search aria-label="Filters">
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        {children}
      </form>
    </search>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly string[];
  all?: string;
  set: (value: string) => void;
}

export function ChoiceFilter({ label, value, options, all = "All", set }: ChoiceProps) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">{all}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  type?: "search" | "date";
  placeholder?: string;
  set: (value: string) => void;
}

/** Takes effect when it is left or confirmed, not at every key. */
export function TextFilter({ label, value, type = "search", placeholder, set }: TextProps) {
  const id = useId();
  const field = {
    id,
    defaultValue: value,
    onChange: (event: Event) => set((event.currentTarget as HTMLInputElement).value.trim()),
    ...(placeholder ? { placeholder } : {}),
  };
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      {type === "date" ? <input key={value} {...field} type="date" /> : <input key={value} {...field} type="search" />}
    </div>
  );
}
