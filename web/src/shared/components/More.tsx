/** The rest of a list, page by page. */

import type { Rows } from "../loading";
import { Button } from "./Button";
import { ProblemNote } from "./states";

export function More<T>({ of }: { of: Pick<Rows<T>, "rows" | "problem" | "loading" | "more"> }) {
  if (of.problem && of.rows.length > 0) return <ProblemNote problem={of.problem} />;
  if (!of.more || of.rows.length === 0) return null;
  return (
    <div class="more">
      <Button busy={of.loading} onClick={of.more}>
        Show more
      </Button>
    </div>
  );
}
