import { describe, expect, it } from "vitest";
// Sealed by an instance to the key of 32 sevens.
import sample from "./vault.sample.txt?raw";
import { openVault } from "./vault";

describe("A8: the vault beside the profile", () => {
  it("opens with the key that it was sealed to, and with no other", () => {
    const vault = openVault(sample, new Uint8Array(32).fill(7));
    expect(vault).toMatchObject({ communities: [{ name: "Orchard", domain: "b.test", member: true }], settings: { theme: "dark" } });
    expect(openVault(sample, new Uint8Array(32).fill(8))).toBeNull();
    expect(openVault(sample.replace(/.$/, sample.endsWith("A") ? "B" : "A"), new Uint8Array(32).fill(7))).toBeNull();
    expect(openVault("no vault", new Uint8Array(32).fill(7))).toBeNull();
  });
});
