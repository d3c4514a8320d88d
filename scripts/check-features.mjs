// Holds docs/features.md to the truth: a story that it names exists, and a row that claims to be there names one.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const SKIPPED = new Set(["node_modules", "dist", "target", ".git", ".demo"]);

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* files(join(folder, entry.name));
    } else if (/\.(rs|ts|tsx)$/.test(entry.name)) {
      yield join(folder, entry.name);
    }
  }
}

const rust = new Set();
const browser = new Set();
for (const folder of ["federation", "server", "client-web"])
  for (const file of files(folder)) {
    const text = readFileSync(file, "utf8");
    if (file.endsWith(".rs")) for (const [, name] of text.matchAll(/\bfn ([a-z][a-z0-9_]*)\s*[(<]/g)) rust.add(name);
    else for (const [, , name] of text.matchAll(/\b(?:test|it)(?:\.\w+)?\(\s*(["'`])((?:(?!\1).)*)\1/g)) browser.add(name);
  }

const faults = [];
const seen = new Set();
let stories = 0;
for (const line of readFileSync("docs/features.md", "utf8").split("\n")) {
  const row = line.match(/^\| ([A-L]\d+) \|/);
  if (!row) continue;
  const id = row[1];
  const [, , , state, , story] = line.split("|").map((cell) => cell.trim());
  if (seen.has(id)) faults.push(`${id} stands twice`);
  seen.add(id);
  const named = [...story.matchAll(/`([^`]+)`|"([^"]+)"/g)];
  for (const [, name, title] of named) {
    stories += 1;
    if (name && !rust.has(name)) faults.push(`${id}: there is no test ${name}`);
    if (title && !browser.has(title)) faults.push(`${id}: there is no browser story "${title}"`);
  }
  if (!/^(whole|part|not yet)/.test(state)) faults.push(`${id}: the state "${state}" is none of whole, part, not yet`);
  if (/^(whole|part)/.test(state) && named.length === 0) faults.push(`${id} claims to be there and names no story`);
}

for (const fault of faults) console.error(`docs/features.md: ${fault}`);
if (faults.length > 0) process.exit(1);
console.log(`docs/features.md: ${seen.size} rows, ${stories} stories, all there`);
