/** What a run of the machine did: how each state went, and which ways it took. */

import type { Schemas } from "@/shared/api";
import { took } from "../parts/time";
import type { Placed } from "./lines";

export type Run = Schemas["CheckoutRun"];
export type Step = Run["steps"][number];
export type Outcome = Step["status"] | "undone" | "untouched";

export interface Walk {
  stepOf: (state: string) => Step | undefined;
  outcomeOf: (state: Placed) => Outcome;
  passed: (from: string, to: string) => boolean;
}

export function walk(run: Run | undefined): Walk {
  const steps = run?.steps ?? [];
  const byState = new Map(steps.map((step) => [step.state, step]));
  const passed = new Set(steps.slice(1).map((step, index) => `${steps[index]?.state}>${step.state}`));
  return {
    stepOf: (state) => byState.get(state),
    outcomeOf: (state) => {
      const status = byState.get(state.name)?.status ?? "untouched";
      if (state.type === "Fail" && status !== "untouched") return "failed";
      return state.undo && (status === "succeeded" || status === "retried") ? "undone" : status;
    },
    passed: (from, to) => passed.has(`${from}>${to}`),
  };
}

/** `01HX...-comp-1` as people call it. */
export function runName(run: Run): string {
  const kind = /-(resume|comp-(\d+))$/.exec(run.run_id);
  if (!kind) return "First run";
  return kind[2] ? `Undo ${kind[2]}` : "Resumed run";
}

export const lasted = (step: { entered_at: string; exited_at?: string | null }): string =>
  step.exited_at ? took(step.entered_at, step.exited_at) : "";

/** `ReserveStock` as `Reserve stock`. */
export function stateName(name: string): string {
  const spaced = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
