/** A checkout's runs: one at a time in the graph, and as a table for those who would rather read. */

import { useState } from "preact/hooks";
import type { Schemas } from "@/shared/api";
import { Badge, Note, Table } from "@/shared/components";
import { clock, took } from "../parts/time";
import { SagaGraph } from "./graph";
import { lasted, type Run, runName, stateName } from "./walk";

export default function Runs({ of }: { of: Schemas["CheckoutRuns"] }) {
  const [chosen, choose] = useState<string | null>(null);
  const run = of.runs.find((one) => one.run_id === chosen) ?? of.runs.at(-1);
  return (
    <div class="stack">
      {!of.recorded && (
        <Note>Step Functions keeps no history of this checkout: the graph shows the ways it might have taken.</Note>
      )}
      {of.runs.length > 1 && (
        <fieldset class="choices">
          <legend class="visually-hidden">Which run</legend>
          {of.runs.map((one) => (
            <label key={one.run_id}>
              <input type="radio" name="run" checked={one === run} onChange={() => choose(one.run_id)} />
              <span>{runName(one)}</span>
            </label>
          ))}
        </fieldset>
      )}
      {run && <RunHead run={run} />}
      <SagaGraph run={run} />
      {run && <Steps run={run} />}
    </div>
  );
}

function RunHead({ run }: { run: Run }) {
  return (
    <p class="row small">
      <Badge of={run.status} />
      <span class="soft">
        {runName(run)}, begun at {clock(run.started_at)}
        {run.ended_at && `, over after ${took(run.started_at, run.ended_at)}`}
      </span>
    </p>
  );
}

function Steps({ run }: { run: Run }) {
  return (
    <details class="fold">
      <summary>Step by step</summary>
      <Table
        caption="The steps of this run"
        rows={run.steps}
        keyOf={(step) => `${step.state}${step.entered_at}`}
        columns={[
          { title: "State", cell: (step) => stateName(step.state) },
          { title: "Outcome", cell: (step) => <Badge of={step.status} /> },
          { title: "Took", numeric: true, cell: lasted },
          { title: "Why", cell: (step) => [step.error, step.cause].filter(Boolean).join(": ") },
        ]}
      />
    </details>
  );
}
