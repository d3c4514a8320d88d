import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Challenge } from "@kit/api";

/** Zero bits at the beginning of a hash. */
export function zeros(hash: Uint8Array): number {
  const first = hash.findIndex((byte) => byte !== 0);
  return first < 0 ? hash.length * 8 : first * 8 + Math.clz32(hash[first] ?? 0) - 24;
}

/** The first number that answers a question, as the API describes it. */
export function solve({ challenge, bits }: Challenge): string {
  const begun = sha256.create().update(utf8ToBytes(`${challenge}.`));
  for (let answer = 0; ; answer += 1) {
    const text = String(answer);
    if (zeros(begun.clone().update(utf8ToBytes(text)).digest()) >= bits) return text;
  }
}
