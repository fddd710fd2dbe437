/** The rows of an import that were left out, read from the file the shop keeps of them. */

import Papa from "papaparse";
import { Problem } from "@/shared/problem";
import { throughHere } from "./upload";

export interface RowError {
  row: string;
  sku: string;
  field: string;
  code: string;
  detail: string;
}

export async function readRowErrors(address: string): Promise<RowError[]> {
  const answer = await fetch(throughHere(address));
  if (!answer.ok) throw new Problem(answer.status, "unreadable", "The file of errors could not be read.");
  return Papa.parse<RowError>(await answer.text(), { header: true, skipEmptyLines: true }).data;
}
