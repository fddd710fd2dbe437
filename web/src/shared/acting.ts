/** What a visitor sets off: once, with a key that stays the same until the shop has answered for good. */

import { useCallback, useRef, useState } from "preact/hooks";
import { newKey } from "./api";
import { asProblem, type Problem } from "./problem";

export interface Acting<A extends unknown[]> {
  act: (...given: A) => Promise<void>;
  busy: boolean;
  problem: Problem | null;
  clear: () => void;
}

/**
 * Runs `work` with an Idempotency-Key. A failure that may pass keeps the key, so that trying again cannot do it twice;
 * an answer for good, yes or no, makes a new one.
 */
export function useAction<A extends unknown[]>(work: (key: string, ...given: A) => Promise<unknown>): Acting<A> {
  const key = useRef(newKey());
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = async (...given: A): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await work(key.current, ...given);
      key.current = newKey();
    } catch (error) {
      const told = asProblem(error);
      if (!told.transient) key.current = newKey();
      setProblem(told);
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { act, busy, problem, clear: useCallback(() => setProblem(null), []) };
}
