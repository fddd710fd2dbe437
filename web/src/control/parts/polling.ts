/** Looking again every few seconds, as long as somebody can see it. */

import { useEffect, useRef } from "preact/hooks";

/** While `on`, calls `look` every so many seconds; not in a hidden tab, and at once when it is shown again. */
export function usePolling(look: () => void, seconds: number, on = true): void {
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    if (!on) return;
    const lookIfSeen = (): void => {
      if (document.visibilityState === "visible") latest.current();
    };
    const timer = setInterval(lookIfSeen, seconds * 1000);
    document.addEventListener("visibilitychange", lookIfSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", lookIfSeen);
    };
  }, [seconds, on]);
}
