/** How the shop says no: a problem+json answer as an error that pages can show, beside the field where there is one. */

export interface FieldError {
  /** A JSON Pointer into the body, or `?name` of a query parameter. */
  pointer: string;
  code: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    /** What else the answer says, by name. */
    readonly facts: Record<string, unknown> = {},
  ) {
    super(detail);
  }

  /** The same request may succeed in a moment: the network is away, the shop is busy or still at it. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.code === "idempotency_in_progress";
  }

  /** What is wrong with the field of this name (`email`, `address.country`). */
  of(field: string): string | undefined {
    const pointers = [`/${field.replaceAll(".", "/")}`, `?${field}`];
    return this.errors.find((error) => pointers.includes(error.pointer))?.detail;
  }
}

/** What an answer with an error's status says. */
export function problemOf(status: number, body: unknown): Problem {
  const told = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const { code, detail, errors, title: _title, type: _type, status: _status, ...facts } = told;
  return new Problem(
    status,
    typeof code === "string" ? code : "unexpected",
    typeof detail === "string" && detail ? detail : `The shop answered ${status}.`,
    Array.isArray(errors) ? (errors as FieldError[]) : [],
    facts,
  );
}

/** Whatever was thrown, as a problem: what the network could not deliver has the status 0. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return new Problem(0, "offline", "The shop cannot be reached just now.");
  return new Problem(0, "unexpected", error instanceof Error ? error.message : String(error));
}
