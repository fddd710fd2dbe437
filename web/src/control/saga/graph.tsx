/** The checkout's machine as a graph, with the path one run took through it. */

import { useMemo, useState } from "preact/hooks";
import { words } from "@/shared/words";
import { draw } from "./layout";
import { BOX, type Line, type Placed, path } from "./lines";
import { lasted, type Outcome, type Run, stateName, type Walk, walk } from "./walk";

const drawing = draw();

export function SagaGraph({ run }: { run: Run | undefined }) {
  const [shown, setShown] = useState<Placed | null>(null);
  const way = useMemo(() => walk(run), [run]);
  return (
    <div class="saga">
      <Legend />
      <StateNote state={shown} way={way} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a frame that scrolls must be reachable by keyboard */}
      <section class="saga-frame" tabIndex={0} aria-label="The checkout's machine">
        <svg viewBox={`0 0 ${drawing.width} ${drawing.height}`} width={drawing.width} aria-label="States">
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="9"
              markerHeight="9"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0L8,4L0,8Z" />
            </marker>
          </defs>
          {drawing.lines.map((line) => (
            <Arrow
              key={`${line.from}>${line.to}`}
              line={line}
              taken={way.passed(line.from, line.to)}
              shown={shown?.name === line.from}
            />
          ))}
          {drawing.states.map((state) => (
            <Box key={state.name} state={state} way={way} shown={shown?.name === state.name} show={setShown} />
          ))}
        </svg>
      </section>
    </div>
  );
}

/** Where a state would turn aside is shown when it did, or when somebody looks at that state. */
function Arrow({ line, taken, shown }: { line: Line; taken: boolean; shown: boolean }) {
  if (line.aside && !taken && !shown) return null;
  const looks = ["saga-line", line.aside && "saga-line-aside", taken && "saga-line-taken"];
  return <path class={looks.filter(Boolean).join(" ")} d={path(line.points)} marker-end="url(#arrow)" />;
}

interface BoxProps {
  state: Placed;
  way: Walk;
  shown: boolean;
  show: (state: Placed) => void;
}

function Box({ state, way, shown, show }: BoxProps) {
  const outcome = way.outcomeOf(state);
  return (
    // biome-ignore lint/a11y/useSemanticElements: an SVG has no button of its own
    <g
      class={`saga-state saga-${outcome}`}
      transform={`translate(${state.x - BOX.width / 2} ${state.y - BOX.height / 2})`}
      role="button"
      tabIndex={0}
      aria-pressed={shown}
      aria-label={[stateName(state.name), told(state, way)].join(": ")}
      onFocus={() => show(state)}
      // Scrolling moves states under a pointer that rests: that is nobody pointing at them.
      onMouseMove={(event) => (event.movementX || event.movementY) && show(state)}
      onClick={() => show(state)}
      onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && show(state)}
    >
      <rect width={BOX.width} height={BOX.height} rx={state.type === "Task" ? 8 : BOX.height / 2} />
      <text x={BOX.width / 2} y={BOX.height / 2} dominant-baseline="central" text-anchor="middle">
        {stateName(state.name)}
      </text>
    </g>
  );
}

function told(state: Placed, way: Walk): string {
  const step = way.stepOf(state.name);
  if (!step) return "not reached";
  return [words(way.outcomeOf(state)), lasted(step), step.error].filter(Boolean).join(", ");
}

const LEGEND: [Outcome, string][] = [
  ["succeeded", "Done"],
  ["retried", "Done after another try"],
  ["failed", "Failed"],
  ["undone", "Undone"],
  ["untouched", "Not reached"],
];

function Legend() {
  return (
    <ul class="saga-legend" aria-label="Colours">
      {LEGEND.map(([outcome, label]) => (
        <li key={outcome}>
          <span class={`saga-key saga-${outcome}`} /> {label}
        </li>
      ))}
    </ul>
  );
}

function StateNote({ state, way }: { state: Placed | null; way: Walk }) {
  const step = state && way.stepOf(state.name);
  return (
    <div class="saga-note" aria-live="polite">
      {state ? (
        <>
          <p>
            <strong>{stateName(state.name)}</strong> <span class="soft">{told(state, way)}</span>
          </p>
          {step?.cause && <p class="saga-cause">{step.cause}</p>}
          {state.comment && <p class="soft small">{state.comment}</p>}
        </>
      ) : (
        <p class="soft">Point at a state, or move to it with the Tab key, to see how it went.</p>
      )}
    </div>
  );
}
