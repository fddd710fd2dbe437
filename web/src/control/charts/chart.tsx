/** One chart: uPlot draws it, in the colours the page has just now. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { systemDark, theme } from "@/shared/theme";

export interface ChartLine {
  label: string;
  /** A point for every moment of the chart; null where there is none. */
  values: (number | null)[];
}

interface ChartProps {
  label: string;
  /** In seconds since 1970. */
  moments: number[];
  lines: ChartLine[];
  bars?: boolean;
  write: (value: number) => string;
}

const HEIGHT = 176;
export const COLOURS = ["--accent", "--sun", "--bad", "--good", "--ink-soft"];

export function Chart({ label, moments, lines, bars = false, write }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const size = () => ({ width: Math.max(element.clientWidth, 200), height: HEIGHT });
    const options = { ...size(), ...looks(element, lines, bars, write) };
    const chart = new uPlot(options, [moments, ...lines.map((line) => line.values)], element);
    const observer = new ResizeObserver(() => chart.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [moments, lines, bars, write, theme.value, systemDark.value]);
  return <div ref={place} class="chart-place" role="img" aria-label={label} />;
}

function looks(element: HTMLElement, lines: ChartLine[], bars: boolean, write: ChartProps["write"]) {
  const ink = resolved(element, "--ink-soft");
  const grid = { stroke: resolved(element, "--line"), width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px Figtree Variable, sans-serif" };
  return {
    cursor: { y: false },
    legend: { show: false },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, size: 76, values: (_: uPlot, ticks: number[]) => ticks.map(write) },
    ],
    scales: {
      y: { range: (_: uPlot, _low: number, high: number): uPlot.Range.MinMax => [0, Math.max(high * 1.1, 1)] },
    },
    series: [{}, ...lines.map((line, index) => seriesOf(line, resolved(element, colourOf(index)), bars))],
  };
}

function seriesOf(line: ChartLine, colour: string, bars: boolean): uPlot.Series {
  const drawn = { label: line.label, stroke: colour, width: 2, points: { size: 5 } };
  const paths = bars ? uPlot.paths.bars?.({ size: [0.7, 24], radius: 0.15 }) : undefined;
  return paths ? { ...drawn, fill: colour, width: 0, points: { show: false }, paths } : { ...drawn, spanGaps: true };
}

const colourOf = (index: number): string => COLOURS[index % COLOURS.length] ?? "--accent";

/** A canvas knows no custom properties and no light-dark(): the browser works out what they are here. */
function resolved(element: HTMLElement, property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
