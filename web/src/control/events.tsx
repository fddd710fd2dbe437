/** What the services tell one another, as it happens. */

import { useEffect, useState } from "preact/hooks";
import { api, ask, type Schemas } from "@/shared/api";
import { Button, Empty, Failed, Loading, Note } from "@/shared/components";
import { asProblem, type Problem } from "@/shared/problem";
import { Filters, TextFilter, useFilter } from "./parts/filters";
import { Page } from "./parts/page";
import { usePolling } from "./parts/polling";
import { clock } from "./parts/time";

type Seen = Schemas["Seen"];

const KEPT = 300;
const EVERY = 3; // seconds

interface Stream {
  events: Seen[];
  after: string | null;
  recorded: boolean;
}

export default function Events() {
  const [asked, setType] = useFilter("type");
  const [running, setRunning] = useState(true);
  const type = /^[a-z_]+\.[a-z_]+$/.test(asked) ? asked : null;
  return (
    <Page
      title="Live events"
      actions={
        <Button small onClick={() => setRunning(!running)}>
          {running ? "Pause" : "Go on"}
        </Button>
      }
    >
      <Filters>
        <TextFilter label="Type" value={asked} placeholder="order.confirmed" set={setType} />
      </Filters>
      <Feed key={type} type={type} running={running} />
    </Page>
  );
}

/** The newest events, and on every look what has come since. Another type is another feed. */
function Feed({ type, running }: { type: string | null; running: boolean }) {
  const [stream, setStream] = useState<Stream | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const look = (): void => {
    const after = stream?.after ?? null;
    ask(api.GET("/v1/operations/events", { params: { query: { type, after } } }))
      .then((come) => {
        setProblem(null);
        setStream((before) => merged(before, come));
      })
      .catch((error: unknown) => setProblem(asProblem(error)));
  };
  useEffect(look, []);
  usePolling(look, EVERY, running);
  if (!stream) return problem ? <Failed problem={problem} retry={look} /> : <Loading lines={8} />;
  return (
    <>
      {problem && <Note tone="warn">{problem.detail} It is tried again by itself.</Note>}
      <Lines of={stream} />
    </>
  );
}

/** Answers may overtake one another: nothing is shown twice, and what was seen is not asked for again. */
function merged(before: Stream | null, come: Schemas["LiveEvents"]): Stream {
  const known = new Set(come.data.map((event) => event.event_id));
  const older = (before?.events ?? []).filter((event) => !known.has(event.event_id));
  return {
    events: [...come.data, ...older].slice(0, KEPT),
    after: [come.after ?? "", before?.after ?? ""].sort().at(-1) || null,
    recorded: come.recorded ?? true,
  };
}

function Lines({ of }: { of: Stream }) {
  if (!of.recorded) return <Empty title="No log of events is kept here" icon="bell" />;
  if (of.events.length === 0) return <Empty title="Nothing has happened lately" icon="bell" />;
  return (
    <ol class="feed" aria-label="Events, the newest first">
      {of.events.map((event) => (
        <li key={event.event_id} class="feed-line timeline-new">
          <time dateTime={event.occurred_at} title={event.occurred_at}>
            {clock(event.occurred_at)}
          </time>
          <strong>{event.type}</strong>
          <About of={event} />
          <span class="soft small">{event.source}</span>
        </li>
      ))}
    </ol>
  );
}

/** Where the things that events are about have pages of their own. */
const PLACES: [RegExp, string][] = [
  [/^order\./, "orders"],
  [/^checkout\./, "checkouts"],
  [/^payment\./, "payments"],
  [/^return\./, "returns"],
];

function About({ of }: { of: Seen }) {
  const place = PLACES.find(([type]) => type.test(of.type))?.[1];
  return place ? (
    <a class="id" href={`/control/${place}/${of.aggregate_id}`}>
      {of.aggregate_id}
    </a>
  ) : (
    <span class="id">{of.aggregate_id}</span>
  );
}
