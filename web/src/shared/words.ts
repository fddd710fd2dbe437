/** Moments and the API's own words, as people read them. */

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const day = (at: string | null | undefined): string => (at ? DAY.format(new Date(at)) : "–");
export const moment = (at: string | null | undefined): string => (at ? MOMENT.format(new Date(at)) : "–");

/** `out_for_delivery` as `Out for delivery`. */
export function words(term: string | null | undefined): string {
  const spaced = (term ?? "").replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
