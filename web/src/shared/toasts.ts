/** Short messages that pass: what was done, or what could not be done away from any form. */

import { signal } from "@preact/signals";
import type { Problem } from "./problem";

export interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad";
}

const SHOWN_FOR = 6000;
let last = 0;

export const toasts = signal<Toast[]>([]);

export function toast(text: string, tone: Toast["tone"] = "good"): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value, { id, text, tone }];
  setTimeout(() => dismiss(id), SHOWN_FOR);
}

export const toastProblem = (problem: Problem): void => toast(problem.detail, "bad");

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((shown) => shown.id !== id);
}
