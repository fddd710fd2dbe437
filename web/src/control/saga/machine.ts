/** The checkout's state machine, read from the definition that is deployed: its states, and the ways between them. */

import definition from "../../../../infra/statemachines/checkout.asl.json";

interface Described {
  Type: string;
  Comment?: string;
  Next?: string;
  Default?: string;
  Choices?: { Next: string }[];
  Catch?: { Next: string }[];
}

export interface State {
  name: string;
  type: string;
  comment: string;
  /** Part of the way back: it undoes what a step has done. */
  undo: boolean;
}

export interface Way {
  from: string;
  to: string;
  /** Taken when the state failed. */
  failure: boolean;
}

/** Where every run begins, and where the first one goes on. */
export const start = definition.StartAt;

const described = Object.entries(definition.States as Record<string, Described>);

export const ways: Way[] = described.flatMap(([from, state]) => {
  const onwards = [state.Next, ...(state.Choices ?? []).map((choice) => choice.Next), state.Default];
  const caught = (state.Catch ?? []).map((handler) => handler.Next);
  const forward = onwards.filter((to) => to !== undefined).map((to) => ({ from, to, failure: false }));
  const failing = caught.filter((to) => !onwards.includes(to)).map((to) => ({ from, to, failure: true }));
  return [...forward, ...failing];
});

/** Whatever follows a failure, up to the end that says so, is the way back. */
const wayBack = following(ways.filter((way) => way.failure && typeOf(way.to) === "Task").map((way) => way.to));

export const states: State[] = described.map(([name, state]) => ({
  name,
  type: state.Type,
  comment: state.Comment ?? "",
  undo: wayBack.has(name),
}));

function following(first: string[]): Set<string> {
  const found = new Set(first);
  for (const name of found) {
    for (const way of ways) if (way.from === name && !way.failure) found.add(way.to);
  }
  return found;
}

function typeOf(name: string): string | undefined {
  return described.find(([known]) => known === name)?.[1].Type;
}
