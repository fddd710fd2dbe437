/** What a page reads: loading, there, or failed; and lists that grow page by page. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "./problem";

export interface Loaded<T> {
  data: T | undefined;
  problem: Problem | null;
  loading: boolean;
  reload: () => void;
  /** Show this instead of asking again: the answer of a change is the thing as it is then. */
  set: (data: T) => void;
}

/** Reads when the page opens and when one of `of` changes; what was there stays to be seen meanwhile. */
export function useLoaded<T>(read: () => Promise<T>, of: unknown[]): Loaded<T> {
  const [state, setState] = useState<{ data: T | undefined; problem: Problem | null; loading: boolean }>({
    data: undefined,
    problem: null,
    loading: true,
  });
  const latest = useRef(0);
  const reload = useCallback(() => {
    latest.current += 1;
    const mine = latest.current;
    setState((before) => ({ ...before, loading: true, problem: null }));
    read().then(
      (data) => mine === latest.current && setState({ data, problem: null, loading: false }),
      (error: unknown) =>
        mine === latest.current && setState((before) => ({ ...before, problem: asProblem(error), loading: false })),
    );
  }, of);
  useEffect(() => {
    reload();
    return () => {
      latest.current += 1;
    };
  }, [reload]);
  const set = useCallback((data: T) => {
    latest.current += 1;
    setState({ data, problem: null, loading: false });
  }, []);
  return { ...state, reload, set };
}

export interface PageOf<T> {
  data: T[];
  has_more?: boolean;
  next_cursor?: string | null;
}

export interface Rows<T, P extends PageOf<T> = PageOf<T>> {
  rows: T[];
  /** The first page whole: it may say more than its rows. */
  first: P | undefined;
  problem: Problem | null;
  loading: boolean;
  more: (() => void) | null;
  reload: () => void;
}

/** A list read page by page; `read` gets the cursor of the page that is wanted. */
export function useRows<T, P extends PageOf<T> = PageOf<T>>(
  read: (cursor?: string) => Promise<P & PageOf<T>>,
  of: unknown[],
): Rows<T, P> {
  const first = useLoaded(() => read(), of);
  const [after, setAfter] = useState<{ of: PageOf<T> | undefined; rows: T[]; last: PageOf<T> } | null>(null);
  const [failed, setFailed] = useState<Problem | null>(null);
  const [loading, setLoading] = useState(false);
  const valid = after && after.of === first.data ? after : null;
  const last = valid?.last ?? first.data;
  const more = (): void => {
    if (!last?.next_cursor || loading) return;
    setLoading(true);
    setFailed(null);
    read(last.next_cursor)
      .then((page) => setAfter({ of: first.data, rows: [...(valid?.rows ?? []), ...page.data], last: page }))
      .catch((error: unknown) => setFailed(asProblem(error)))
      .finally(() => setLoading(false));
  };
  return {
    first: first.data,
    rows: [...(first.data?.data ?? []), ...(valid?.rows ?? [])],
    problem: first.problem ?? failed,
    loading: first.loading || loading,
    more: last?.has_more ? more : null,
    reload: first.reload,
  };
}

/** A list of one page, shown like one of many. */
export const whole = <T>(of: Pick<Loaded<PageOf<T>>, "data">): T[] => of.data?.data ?? [];
