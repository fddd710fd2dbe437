/** How the shop is doing: what waits for somebody, and the charts. */

import { api, ask } from "@/shared/api";
import { Shown } from "@/shared/components";
import { useLoaded } from "@/shared/loading";
import Board, { FIGURES } from "./charts/board";
import { Waiting } from "./overview-tiles";
import { useFilter } from "./parts/filters";
import { Page } from "./parts/page";
import { usePolling } from "./parts/polling";

const HOUR = 3600;
const SPANS: Record<string, { label: string; seconds: number }> = {
  "1h": { label: "An hour", seconds: HOUR },
  "6h": { label: "6 hours", seconds: 6 * HOUR },
  "24h": { label: "A day", seconds: 24 * HOUR },
  "7d": { label: "A week", seconds: 7 * 24 * HOUR },
  "30d": { label: "30 days", seconds: 30 * 24 * HOUR },
};
const USUAL = "24h";

export default function Overview() {
  const [asked, setSpan] = useFilter("span");
  const chosen = asked in SPANS ? asked : USUAL;
  const figures = useLoaded(() => read(SPANS[chosen]?.seconds ?? HOUR), [chosen]);
  usePolling(figures.reload, 30);
  return (
    <Page title="Overview">
      <Waiting />
      <fieldset class="choices">
        <legend class="visually-hidden">How far back</legend>
        {Object.entries(SPANS).map(([name, { label }]) => (
          <label key={name}>
            <input type="radio" name="span" checked={name === chosen} onChange={() => setSpan(name)} />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <Shown of={figures} lines={8}>
        {({ metrics, span }) => <Board metrics={metrics} span={span} />}
      </Shown>
    </Page>
  );
}

async function read(seconds: number) {
  const to = Math.floor(Date.now() / 1000);
  const span = { from: to - seconds, to };
  const query = { names: FIGURES.join(","), from: stamp(span.from), to: stamp(span.to) };
  return { span, metrics: await ask(api.GET("/v1/operations/metrics", { params: { query } })) };
}

const stamp = (seconds: number): string => new Date(seconds * 1000).toISOString();
