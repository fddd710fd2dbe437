/** What stands where there is nothing yet, nothing at all, or nothing to be had. */

import type { ComponentChildren } from "preact";
import type { Loaded } from "../loading";
import type { Problem } from "../problem";
import { Button } from "./Button";
import { Icon, type IconName } from "./Icon";

/** Grey bars where the text will be. */
export function Loading({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div class="loading" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton" />
      ))}
    </div>
  );
}

export function Empty({
  title,
  icon = "leaf",
  children,
}: {
  title: string;
  icon?: IconName;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A whole page or part could not be read. */
export function Failed({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const missing = problem.status === 404;
  return (
    <div class="empty" role="alert">
      <Icon name="alert" />
      <h2>{missing ? "There is no such thing here" : "That did not work"}</h2>
      <p>{problem.detail}</p>
      {retry && !missing && (
        <Button icon="refresh" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface ProblemNoteProps {
  problem: Problem;
  /** The fields on the page: what is wrong with one of them stands beside it. */
  fields?: string[];
}

/** One message about a form or an action. */
export function ProblemNote({ problem, fields = [] }: ProblemNoteProps) {
  const elsewhere = problem.errors.filter((error) => !fields.some((field) => problem.of(field) === error.detail));
  const nameless = elsewhere.map((error) => `${error.pointer.replace(/^[/?]/, "")}: ${error.detail}`);
  return (
    <div class="note note-bad" role="alert">
      <Icon name="alert" />
      <div>
        <p>{problem.detail}</p>
        {nameless.length > 0 && (
          <ul>
            {nameless.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

export function Note({ tone = "plain", children }: { tone?: "plain" | "good" | "warn"; children: ComponentChildren }) {
  const icon = tone === "good" ? "check" : tone === "warn" ? "alert" : "leaf";
  return (
    <div class={`note note-${tone}`}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

/** Shows what was loaded, or how far that is. */
export function Shown<T>({
  of,
  lines,
  children,
}: {
  of: Loaded<T>;
  lines?: number;
  children: (data: T) => ComponentChildren;
}) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.problem) return <Failed problem={of.problem} retry={of.reload} />;
  return <Loading {...(lines ? { lines } : {})} />;
}
