// Writes the client's types anew from the OpenAPI document; with --check only says whether they are up to date.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const document = new URL("../../docs/openapi.json", import.meta.url);
const target = new URL("../kit/api/schema.ts", import.meta.url);
const head = "// Made by `npm run api` out of docs/openapi.json. Not to be changed by hand.\n\n";
const api = JSON.parse(readFileSync(document, "utf8"));
// The client uses paths and schemas; names of operations need not be unique for it.
for (const operations of Object.values(api.paths))
  for (const operation of Object.values(operations)) delete operation.operationId;
const text = head + astToString(await openapiTS(api));

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("kit/api/schema.ts does not match docs/openapi.json: run `npm run api`.");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
