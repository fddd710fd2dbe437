/**
 * Where the states stand: the way on leads down, and the way back climbs up beside it, each undo next to its step.
 */

import { Graph, layout } from "@dagrejs/dagre";
import { type State, states, type Way, ways } from "./machine";

export interface Point {
  x: number;
  y: number;
}

export interface Placed extends State, Point {}

export interface Line extends Way {
  points: Point[];
}

export interface Drawing {
  width: number;
  height: number;
  states: Placed[];
  lines: Line[];
}

export const BOX = { width: 158, height: 36 };
const MARGIN = 16;

const isUndo = new Map(states.map((state) => [state.name, state.undo]));
const back = (way: Way): boolean => Boolean(isUndo.get(way.from) && isUndo.get(way.to));
const into = (way: Way): boolean => !isUndo.get(way.from) && Boolean(isUndo.get(way.to));

export function draw(): Drawing {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 56, ranksep: 26, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const state of states) graph.setNode(state.name, { ...BOX });
  for (const way of ways.filter((way) => !into(way))) {
    if (back(way)) graph.setEdge(way.to, way.from);
    else graph.setEdge(way.from, way.to, { weight: 4 });
  }
  // The first step whose failure leads to an undo is the step it undoes: they stand beside each other.
  for (const undo of states.filter((state) => state.undo)) {
    const own = ways.find((way) => into(way) && way.to === undo.name && way.failure);
    if (own) graph.setEdge(own.from, own.to, { weight: 0 });
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const placed = states.map((state) => ({ ...state, ...pointOf(graph.node(state.name)) }));
  return {
    width,
    height,
    states: placed,
    lines: ways.map((way) => ({ ...way, points: pointsOf(way, graph, placed) })),
  };
}

function pointsOf(way: Way, graph: Graph, placed: Placed[]): Point[] {
  if (!into(way)) {
    const points = (back(way) ? graph.edge(way.to, way.from) : graph.edge(way.from, way.to)).points.map(pointOf);
    return back(way) ? points.reverse() : points;
  }
  const [from, to] = [way.from, way.to].map((name) => placed.find((state) => state.name === name));
  if (!from || !to) return [];
  const side = Math.sign(to.x - from.x) || 1;
  return [
    { x: from.x + (side * BOX.width) / 2, y: from.y },
    { x: to.x - (side * BOX.width) / 2, y: to.y },
  ];
}

const pointOf = ({ x, y }: Point): Point => ({ x, y });

/** A smooth line through the middles between its points. */
export function path([first, ...rest]: Point[]): string {
  const last = rest.at(-1);
  if (!first || !last) return "";
  if (rest.length === 1) {
    const middle = (first.x + last.x) / 2;
    return `M${first.x},${first.y}C${middle},${first.y} ${middle},${last.y} ${last.x},${last.y}`;
  }
  const curves = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x},${point.y} ${end.x},${end.y}`;
  });
  return `M${first.x},${first.y}${curves.join("")}`;
}
