import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import type { Identity, Signed } from "@kit/api/identity";
import type { KeySignature } from "@kit/api/takeover";

/** Where the words begin in a recovery file. */
const MARK = "WORDS";
const WORDS = 24;

/** A key of one's own that is new: 32 random bytes. It never leaves the browser. */
export function newSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The same as 24 words of the BIP 39 list. The last one checks the others. */
export function wordsOf(seed: Uint8Array): string[] {
  return entropyToMnemonic(seed, wordlist).split(" ");
}

/** The key in a recovery file, or in words that somebody typed; none where there is no whole key. */
export function seedIn(text: string): Uint8Array | null {
  const part = text.split(MARK).pop() ?? "";
  const words = part.toLowerCase().match(/[a-z]+/g) ?? [];
  if (words.length !== WORDS) return null;
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    return null;
  }
}

/** What a recovery file says: for people first, so that it can be printed. */
export function recoveryFile(seed: Uint8Array, lines: readonly string[]): string {
  const words = wordsOf(seed).map((word, at) => `${String(at + 1).padStart(2)}. ${word}`);
  return `${lines.join("\n")}\n\n${MARK}\n${words.join("\n")}\n`;
}

/** The public half, as it stands in an identity. */
export function publicKey(seed: Uint8Array): string {
  return base64(ed25519.getPublicKey(seed));
}

/** The word that somebody holds a key, for the identity as it is now. */
export function claim(identity: Identity, seed: Uint8Array): Signed {
  return sign("conntext/own-key/v1\n", { uid: identity.uid, prev: identity.head, key: publicKey(seed) }, seed);
}

/** The operation that puts a new key in the place of one's own: signed by the one before. */
export function replacement(identity: Identity, before: Uint8Array, seed: Uint8Array): Signed {
  const { last } = identity;
  const op = { ...last, prev: identity.head, n: last.n + 1, rotation_keys: [publicKey(seed), ...last.rotation_keys.slice(1)] };
  return sign("conntext/identity/v1\n", op, before);
}

/** An operation that an instance asks to have signed: the one that makes it the home. */
export function signedOp(op: Record<string, unknown>, seed: Uint8Array): Signed {
  return sign("conntext/identity/v1\n", op, seed);
}

/** That whoever holds this key wants their vault. */
export function signedClaim(claim: Record<string, unknown>, seed: Uint8Array): Signed {
  return sign("conntext/vault-claim/v1\n", claim, seed);
}

/** Signs the canonical form of an object, with the prefix of its kind before it. */
function sign(prefix: string, body: Record<string, unknown>, seed: Uint8Array): Signed {
  return { ...body, sig: signatureOf(prefix, body, seed) };
}

/** The signature alone, for what several people sign. */
export function signatureOf(prefix: string, body: Record<string, unknown>, seed: Uint8Array): KeySignature {
  const bytes = new TextEncoder().encode(prefix + canonical(body));
  return { kid: keyId(seed), sig: base64(ed25519.sign(bytes, seed)) };
}

/** The short name of a key. */
export function keyId(seed: Uint8Array): string {
  return bytesToHex(sha256(ed25519.getPublicKey(seed))).slice(0, 16);
}

/** Canonical JSON (RFC 8785) of what identities are made of: whole numbers, and names in small letters. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
