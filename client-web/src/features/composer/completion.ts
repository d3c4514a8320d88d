/** What is being typed that we can complete. */
export interface Query {
  kind: "@" | "#" | ":";
  /** Text after the sign. */
  text: string;
  /** Where the sign stands. */
  start: number;
  /** The caret. */
  end: number;
}

const SHORTEST: Record<Query["kind"], number> = { "@": 0, "#": 0, ":": 2 };

/** The query that ends at the caret, if there is one: a sign at the start of a word, and a name so far. */
export function findQuery(text: string, caret: number): Query | null {
  const before = text.slice(0, caret);
  const match = /(?:^|[\s(>"'])([@#:])([\p{L}\p{N}_.+@-]{0,40})$/u.exec(before);
  if (!match) return null;
  const kind = match[1] as Query["kind"];
  const typed = match[2] ?? "";
  if (typed.length < SHORTEST[kind]) return null;
  if (kind !== "@" && typed.includes("@")) return null;
  // Inside of code nothing is completed.
  const fences = before.split("```").length - 1;
  if (fences % 2 === 1) return null;
  const line = before.slice(before.lastIndexOf("\n") + 1).replace(/```/g, "");
  if ((line.split("`").length - 1) % 2 === 1) return null;
  return { kind, text: typed, start: caret - typed.length - 1, end: caret };
}

/** The text after choosing a completion, and where the caret goes. */
export function insert(text: string, query: Query, chosen: string): { text: string; caret: number } {
  const rest = text.slice(query.end);
  const gap = rest.startsWith(" ") ? "" : " ";
  const head = text.slice(0, query.start) + chosen + gap;
  return { text: head + rest, caret: head.length + (gap === "" ? 1 : 0) };
}
