import type { KeySignature } from "@kit/api/takeover";

/** What several people sign with their recovery keys, by the prefix of its kind. */
export const KINDS = { takeover: "conntext/takeover/v1\n", recovery: "conntext/recovery/v1\n" } as const;

/** Something that several people sign. */
export interface Statement {
  kind: keyof typeof KINDS;
  /** What the community is called: only said, not signed. */
  name: string;
  /** What is signed. */
  body: Record<string, unknown>;
}

const ASK = "conntext-sign:";
const WORD = "conntext-signed:";

/** A text by which somebody elsewhere can sign. */
export function askCode(statement: Statement): string {
  return ASK + packed(statement);
}

/** What such a text asks for; none where it is not one. */
export function askedIn(code: string): Statement | null {
  const found = unpacked(ASK, code);
  if (!found || typeof found.name !== "string" || !isObject(found.body)) return null;
  return found.kind === "takeover" || found.kind === "recovery" ? { kind: found.kind, name: found.name, body: found.body } : null;
}

/** A signature as a text. */
export function wordCode(word: KeySignature): string {
  return WORD + packed(word);
}

/** The signature in such a text; none where it is not one. */
export function wordIn(code: string): KeySignature | null {
  const found = unpacked(WORD, code);
  return found && typeof found.kid === "string" && typeof found.sig === "string" ? { kid: found.kid, sig: found.sig } : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function packed(value: object): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))));
}

function unpacked(mark: string, code: string): Record<string, unknown> | null {
  const text = code.replace(/\s+/g, "");
  if (!text.startsWith(mark)) return null;
  try {
    const bytes = Uint8Array.from(atob(text.slice(mark.length)), (c) => c.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
