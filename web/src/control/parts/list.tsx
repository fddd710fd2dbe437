/** A list of things: its rows, or why there are none. */

import type { ComponentChildren } from "preact";
import { type Column, Empty, Failed, Loading, More, Table } from "@/shared/components";
import type { Rows } from "@/shared/loading";

interface ListProps<T> {
  of: Rows<T>;
  caption: string;
  columns: Column<T>[];
  keyOf: (row: T) => string;
  /** What to say when there is nothing. */
  none: string;
  children?: ComponentChildren;
}

export function List<T>({ of, caption, columns, keyOf, none, children }: ListProps<T>) {
  if (of.rows.length === 0) {
    if (of.problem) return <Failed problem={of.problem} retry={of.reload} />;
    if (of.loading) return <Loading lines={6} />;
    return <Empty title={none}>{children}</Empty>;
  }
  return (
    <>
      <Table caption={caption} columns={columns} rows={of.rows} keyOf={keyOf} />
      <More of={of} />
    </>
  );
}
