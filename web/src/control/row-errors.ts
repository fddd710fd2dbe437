/** The rows of an import that were left out, read from the file the shop keeps of them. */

import Papa from "papaparse";
import { Problem } from "@/shared/problem";
import { throughHere } from "./upload";

export interface RowError {
  row: string;
  column: string;
  code: string;
  detail: string;
}

export async function readRowErrors(address: string): Promise<RowError[]> {
  const answer = await fetch(throughHere(address));
  if (!answer.ok) throw new Problem(answer.status, "unreadable", "The file of errors could not be read.");
  const options = { header: true, skipEmptyLines: true, transform: plain };
  return Papa.parse<RowError>(await answer.text(), options).data;
}

/** The file keeps spreadsheets from taking a cell for a formula by a quote before it. */
const plain = (cell: string): string => cell.replace(/^'(?=['=+@\t\r-])/, "");
