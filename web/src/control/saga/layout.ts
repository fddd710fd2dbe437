/** Where the states stand: the way on leads down; the way back climbs up to its right, each undo next to its step. */

import { Graph, layout } from "@dagrejs/dagre";
import { around, BOX, down, type Line, type Placed, sideways } from "./lines";
import { type State, start, states, type Way, ways } from "./machine";

export interface Drawing {
  width: number;
  height: number;
  states: Placed[];
  lines: Line[];
}

const MARGIN = 8;
const GAP = 44;

const undos = new Set(states.filter((state) => state.undo).map((state) => state.name));
const first = ways.find((way) => way.from === start)?.to;

const back = (way: Way): boolean => undos.has(way.from) && undos.has(way.to);
const aside = (way: Way): boolean => !undos.has(way.from) && undos.has(way.to);
/** Runs that go on after a pause begin further down. */
const jump = (way: Way): boolean => way.from === start && way.to !== first && !aside(way);

export function draw(): Drawing {
  const graph = ranked();
  const placed = new Map(
    states.map((state) => [state.name, { ...state, x: columnOf(state, graph), y: graph.node(state.name).y }]),
  );
  const lines = ways.flatMap((way) => {
    const [from, to] = [placed.get(way.from), placed.get(way.to)];
    if (!from || !to) return [];
    const points = aside(way) ? sideways(from, to) : jump(way) ? around(from, to) : down(from, to);
    return [{ ...way, aside: aside(way), points }];
  });
  return {
    width: columnAt(2) + BOX.width / 2 + MARGIN,
    height: graph.graph().height ?? 0,
    states: [...placed.values()],
    lines,
  };
}

/** Which states stand on one level. The way back is laid out upside down, as it leads up. */
function ranked(): Graph {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", ranksep: 24, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const state of states) graph.setNode(state.name, { ...BOX });
  for (const way of ways.filter((way) => !aside(way) && !jump(way))) {
    if (back(way)) graph.setEdge(way.to, way.from);
    else graph.setEdge(way.from, way.to);
  }
  // The first step whose failure leads to an undo is the step it undoes: they stand beside each other.
  for (const undo of undos) {
    const own = ways.find((way) => aside(way) && way.to === undo && way.failure);
    if (own) graph.setEdge(own.from, own.to);
  }
  layout(graph);
  return graph;
}

/** To the left a state beside the way on, in which a run may end; in the middle the way on; to the right the way back. */
function columnOf(state: State, graph: Graph): number {
  if (state.undo) return columnAt(2);
  const alone = !states.some((other) => other !== state && !other.undo && level(other, graph) === level(state, graph));
  const goesOn = ways.some((way) => way.from === state.name && !aside(way));
  return columnAt(alone || goesOn ? 1 : 0);
}

const level = (state: State, graph: Graph): number => graph.node(state.name).y;

const columnAt = (column: number): number => MARGIN + BOX.width / 2 + column * (BOX.width + GAP);
