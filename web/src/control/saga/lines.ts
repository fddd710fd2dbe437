/** The lines between states, as an SVG draws them. */

import type { State, Way } from "./machine";

export interface Point {
  x: number;
  y: number;
}

export interface Placed extends State, Point {}

export interface Line extends Way {
  /** From the way on to the way back. */
  aside: boolean;
  points: Point[];
}

export const BOX = { width: 148, height: 34 };
const BULGE = 22;

/** From one state to the next, up or down; into another column, first to the side. */
export function down(from: Placed, to: Placed): Point[] {
  const way = Math.sign(to.y - from.y) * (BOX.height / 2);
  const side = Math.sign(to.x - from.x) * (BOX.width / 2);
  if (side) {
    return [
      { x: from.x + side, y: from.y },
      { x: to.x, y: from.y },
      { x: to.x, y: to.y - way },
    ];
  }
  return [
    { x: from.x, y: from.y + way },
    { x: to.x, y: to.y - way },
  ];
}

/** From the side of one state to the near side of another. */
export function sideways(from: Placed, to: Placed): Point[] {
  const side = Math.sign(to.x - from.x) || 1;
  return [
    { x: from.x + (side * BOX.width) / 2, y: from.y },
    { x: to.x - (side * BOX.width) / 2, y: to.y },
  ];
}

/** Down the left side, past all that lies between. */
export function around(from: Placed, to: Placed): Point[] {
  const left = Math.min(from.x, to.x) - BOX.width / 2;
  const beside = (y: number): Point => ({ x: left - BULGE, y });
  return [
    { x: from.x - BOX.width / 2, y: from.y },
    beside(from.y),
    beside(from.y + BOX.height),
    beside(to.y - BOX.height),
    beside(to.y),
    { x: to.x - BOX.width / 2, y: to.y },
  ];
}

/** A smooth line through the middles between its points. */
export function path([first, ...rest]: Point[]): string {
  const last = rest.at(-1);
  if (!first || !last) return "";
  if (rest.length === 1) {
    const middle = (first.x + last.x) / 2;
    if (first.x === last.x) return `M${first.x},${first.y}L${last.x},${last.y}`;
    return `M${first.x},${first.y}C${middle},${first.y} ${middle},${last.y} ${last.x},${last.y}`;
  }
  const curves = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x},${point.y} ${end.x},${end.y}`;
  });
  return `M${first.x},${first.y}${curves.join("")}`;
}
