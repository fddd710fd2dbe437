/** The shop's own figures as charts show them: an even row of moments, and a value of each line for every one. */

import type { Schemas } from "@/shared/api";
import type { ChartLine } from "./chart";

export type Metrics = Schemas["Metrics"];
type Series = Metrics["series"][number];

export interface Span {
  from: number;
  to: number;
}

/** The moments of a span, as far apart as the points are. */
export function momentsIn({ from, to }: Span, period: number): number[] {
  const first = Math.floor(from / period) * period;
  return Array.from({ length: Math.ceil((to - first) / period) }, (_, index) => first + index * period);
}

/** What was not counted is nothing; what was not measured is unknown. */
export function lineOf(series: Series, moments: number[], label: string): ChartLine {
  const values = new Map(series.points.map((point) => [Math.floor(Date.parse(point.at) / 1000), point.value]));
  const otherwise = series.statistic === "sum" ? 0 : null;
  return { label, values: moments.map((moment) => values.get(moment) ?? otherwise) };
}

export const named = (metrics: Metrics, name: string): Series[] =>
  metrics.series.filter((series) => series.name === name);

export const total = (series: Series): number => series.points.reduce((sum, point) => sum + point.value, 0);

/** What a line is of: the value of its dimension, if it has one. */
export const dimension = (series: Series): string => Object.values(series.dimensions)[0] ?? "";
