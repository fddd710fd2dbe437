/** Light or dark: as the system has it until the visitor says otherwise. */

import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const THEMES: Theme[] = ["system", "light", "dark"];
const KEPT = "theme";

export const theme = signal<Theme>(THEMES.find((known) => known === localStorage.getItem(KEPT)) ?? "system");

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  localStorage.setItem(KEPT, theme.value);
});

const system = matchMedia("(prefers-color-scheme: dark)");

/** Whether the system is dark just now: with some it changes with the hour. */
export const systemDark = signal(system.matches);
system.addEventListener("change", () => {
  systemDark.value = system.matches;
});

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
}
