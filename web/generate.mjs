/**
 * Types for the client from docs/openapi.json. A field that is not required means two things there: a request may leave
 * it out, an answer has it nevertheless, with its default. So each kind of schema is read in its own way.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const here = (path) => new URL(path, import.meta.url);
const description = JSON.parse(await readFile(here("../docs/openapi.json"), "utf8"));
const schemas = description.components.schemas;

/** The names of all schemas that this part of the description refers to, directly or not. */
function namesIn(part, found = new Set()) {
  if (typeof part !== "object" || part === null) return found;
  for (const [key, value] of Object.entries(part)) {
    const name = key === "$ref" ? value.match(/^#\/components\/schemas\/(.+)$/)?.[1] : null;
    if (name && !found.has(name)) {
      found.add(name);
      namesIn(schemas[name], found);
    }
    namesIn(value, found);
  }
  return found;
}

const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
for (const operation of operations) delete operation.operationId; // calls go by path
const asked = namesIn(operations.map((operation) => operation.requestBody));
const answered = namesIn(operations.map((operation) => operation.responses));
for (const [name, { properties = {} }] of Object.entries(schemas)) {
  if (answered.has(name) && !asked.has(name)) {
    for (const [key, { type }] of Object.entries(properties)) if (type === "null") delete properties[key]; // says nothing
    schemas[name].required = Object.keys(properties);
  }
  if (!answered.has(name)) for (const property of Object.values(properties)) delete property.default;
}

await mkdir(here("src/api/"), { recursive: true });
await writeFile(here("src/api/schema.d.ts"), astToString(await openapiTS(description)));
