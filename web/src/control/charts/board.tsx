/** The charts of the overview, from the shop's own figures. */

import { useMemo } from "preact/hooks";
import { money } from "@/shared/money";
import { words } from "@/shared/words";
import { Chart, type ChartLine } from "./chart";
import { dimension, lineOf, type Metrics, momentsIn, named, type Span, total } from "./series";

export const FIGURES = [
  "OrdersConfirmed",
  "Revenue",
  "PaymentsDeclined",
  "CheckoutsFailed",
  "StockOuts",
  "CheckoutDuration",
];

interface Panel {
  title: string;
  lines: ChartLine[];
  /** Beside each line: all of it. */
  sums: string[];
  bars: boolean;
  write: (value: number) => string;
}

const NUMBER = new Intl.NumberFormat(undefined, { notation: "compact" });
const plain = (value: number): string => (Number.isInteger(value) ? NUMBER.format(value) : "");
const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`;

export default function Board({ metrics, span }: { metrics: Metrics; span: Span }) {
  const moments = useMemo(() => momentsIn(span, metrics.period), [metrics, span]);
  const panels = useMemo(() => panelsOf(metrics, moments), [metrics, moments]);
  return (
    <div class="charts">
      {panels.map((panel) => (
        <figure key={panel.title} class="chart">
          <figcaption>
            <h2>{panel.title}</h2>
          </figcaption>
          {panel.lines.some((line) => line.values.some(Boolean)) ? (
            <Chart label={panel.title} moments={moments} {...panel} />
          ) : (
            <p class="chart-none">Nothing in this time</p>
          )}
          <ul class="chart-keys">
            {panel.lines.map((line, index) => (
              <li key={line.label}>
                <span class={`chart-key chart-key-${index % 5}`} /> {line.label} <strong>{panel.sums[index]}</strong>
              </li>
            ))}
          </ul>
        </figure>
      ))}
    </div>
  );
}

function panelsOf(metrics: Metrics, moments: number[]): Panel[] {
  const counts = (title: string, ...names: [string, string][]): Panel => {
    const series = names.flatMap(([name, label]) =>
      named(metrics, name).map((one) => ({ one, label: words(dimension(one)) || label })),
    );
    return {
      title,
      lines: series.map(({ one, label }) => lineOf(one, moments, label)),
      sums: series.map(({ one }) => plain(total(one))),
      bars: series.length === 1,
      write: plain,
    };
  };
  const revenue = named(metrics, "Revenue").map((one): Panel => {
    const currency = dimension(one);
    const write = (amount: number): string => money({ amount, currency });
    const line = lineOf(one, moments, currency);
    return { title: `Revenue in ${currency}`, lines: [line], sums: [write(total(one))], bars: true, write };
  });
  const durations = named(metrics, "CheckoutDuration");
  return [
    counts("Orders confirmed", ["OrdersConfirmed", "Orders"]),
    ...revenue,
    counts("Declines and failed checkouts", ["PaymentsDeclined", "Payments declined"], ["CheckoutsFailed", "Failed"]),
    counts("Stock-outs", ["StockOuts", "Stock-outs"]),
    {
      title: "Duration of a checkout",
      lines: durations.map((one) => lineOf(one, moments, one.statistic)),
      sums: durations.map((one) => worst(one.points)),
      bars: false,
      write: seconds,
    },
  ];
}

const worst = (points: { value: number }[]): string =>
  points.length > 0 ? `up to ${seconds(Math.max(...points.map((point) => point.value)))}` : "";
