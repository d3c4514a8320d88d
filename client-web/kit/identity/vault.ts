import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

const PREFIX = "conntext/vault/v1\n";
const KEY_BYTES = 32;

/** What a vault holds; none where this key does not open it. How it is sealed stands in the protocol. */
export function openVault(sealed: string, seed: Uint8Array): Record<string, unknown> | null {
  try {
    const bytes = Uint8Array.from(atob(sealed), (char) => char.charCodeAt(0));
    const fresh = bytes.subarray(0, KEY_BYTES);
    const own = ed25519.utils.toMontgomery(ed25519.getPublicKey(seed));
    const shared = x25519.getSharedSecret(ed25519.utils.toMontgomerySecret(seed), fresh);
    const key = sha256(concatBytes(new TextEncoder().encode(PREFIX), fresh, own, shared));
    const text = chacha20poly1305(key, new Uint8Array(12)).decrypt(bytes.subarray(KEY_BYTES));
    return JSON.parse(new TextDecoder().decode(text)) as Record<string, unknown>;
  } catch {
    return null;
  }
}
