/** Moments and spans, to the precision an operator needs. */

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** The time of day, to the second. */
export const clock = (at: string): string => CLOCK.format(new Date(at));

/** From one moment to another: `340 ms`, `2.1 s`, `5 min`. */
export function took(from: string, to: string): string {
  const milliseconds = Date.parse(to) - Date.parse(from);
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}
