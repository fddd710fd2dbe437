/** Where the states stand: the way on leads down; the way back climbs up to its right, each undo next to its step. */

import { Graph, layout } from "@dagrejs/dagre";
import { around, BOX, type Line, type Placed, type Point, sideways } from "./lines";
import { start, states, type Way, ways } from "./machine";

export interface Drawing {
  width: number;
  height: number;
  states: Placed[];
  lines: Line[];
}

const MARGIN = 36;

const undos = new Set(states.filter((state) => state.undo).map((state) => state.name));
const first = ways.find((way) => way.from === start)?.to;

const back = (way: Way): boolean => undos.has(way.from) && undos.has(way.to);
const aside = (way: Way): boolean => !undos.has(way.from) && undos.has(way.to);
/** Runs that go on after a pause begin further down. */
const jump = (way: Way): boolean => way.from === start && way.to !== first && !aside(way);

export function draw(): Drawing {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 48, ranksep: 24, marginx: MARGIN, marginy: MARGIN / 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const state of states) graph.setNode(state.name, { ...BOX });
  for (const way of ways.filter((way) => !aside(way) && !jump(way))) {
    if (back(way)) graph.setEdge(way.to, way.from);
    else graph.setEdge(way.from, way.to, { weight: 4 });
  }
  // The first step whose failure leads to an undo is the step it undoes: they stand beside each other.
  for (const undo of undos) {
    const own = ways.find((way) => aside(way) && way.to === undo && way.failure);
    if (own) graph.setEdge(own.from, own.to, { weight: 0 });
  }
  layout(graph);
  return turned(graph);
}

/** What was laid out, the way back to the right whichever side it came to stand on. */
function turned(graph: Graph): Drawing {
  const { width = 0, height = 0 } = graph.graph();
  const rightmost = Math.max(...[...undos].map((name) => graph.node(name).x));
  const mirrored = graph.node(start).x > rightmost;
  const turn = ({ x, y }: Point): Point => ({ x: mirrored ? width - x : x, y });
  const placed = new Map(states.map((state) => [state.name, { ...state, ...turn(graph.node(state.name)) }]));
  const lines = ways.flatMap((way) => {
    const [from, to] = [placed.get(way.from), placed.get(way.to)];
    if (!from || !to) return [];
    const points = aside(way) ? sideways(from, to) : jump(way) ? around(from, to) : laidOut(graph, way).map(turn);
    return [{ ...way, aside: aside(way), points }];
  });
  return { width, height, states: [...placed.values()], lines };
}

/** The way back was laid out upside down. */
function laidOut(graph: Graph, way: Way): Point[] {
  return back(way) ? graph.edge(way.to, way.from).points.toReversed() : graph.edge(way.from, way.to).points;
}
