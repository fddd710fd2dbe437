/** Following something that moves: asked again and again, less and less often while nothing happens. */

import { useEffect, useRef } from "preact/hooks";

const FIRST = 600;
const LAST = 15_000;
const GROWTH = 1.5;

/**
 * Calls `look` while `moving`; the pause grows, and is short again after each change of `state`. A page that nobody
 * sees does not ask.
 */
export function useFollowing(look: () => void, moving: boolean, state: string): void {
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    if (!moving) return;
    let pause = FIRST;
    let timer = 0;
    const next = (): void => {
      timer = window.setTimeout(() => {
        if (!document.hidden) latest.current();
        pause = Math.min(LAST, pause * GROWTH);
        next();
      }, pause);
    };
    next();
    return () => clearTimeout(timer);
  }, [moving, state]);
}
