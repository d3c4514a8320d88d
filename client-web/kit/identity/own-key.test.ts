import { describe, expect, it } from "vitest";
import type { Identity } from "@kit/api/identity";
import { claim, newSeed, publicKey, recoveryFile, replacement, seedIn, wordsOf } from "./own-key";

const seed = new Uint8Array(32).fill(1);

describe("A8: a key of one's own", () => {
  it("comes back from its words, its file, and however they are typed", () => {
    const words = wordsOf(seed);
    expect(words).toHaveLength(24);
    const file = recoveryFile(seed, ["Account: @ada@a.test", "Keep these 24 words: they are the key to your account."]);
    for (const text of [words.join(" "), words.join("\n").toUpperCase(), file, file.replaceAll("\n", "\r\n")]) expect(seedIn(text)).toEqual(seed);
    const random = newSeed();
    expect(seedIn(recoveryFile(random, []))).toEqual(random);
  });

  it("is refused where a word is missing, wrong or in another place", () => {
    const words = wordsOf(seed);
    const swapped = [...words.slice(1), words[0]];
    for (const text of ["", "hello", words.slice(1).join(" "), [...words.slice(0, 23), "zoo"].join(" "), [...words.slice(0, 23), "zzz"].join(" "), swapped.join(" ")]) expect(seedIn(text)).toBeNull();
  });

  // Made by the protocol's own crate: its test `a_browser_signs_the_same` holds the other half.
  it("signs as the protocol wants it", () => {
    const identity: Identity = {
      uid: "u_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      head: "ab".repeat(32),
      own_key: publicKey(seed),
      last: { uid: "u_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", prev: null, n: 0, home: "ik_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", profile_host: "ik_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", signing_keys: [publicKey(new Uint8Array(32).fill(3))], rotation_keys: [publicKey(seed), publicKey(new Uint8Array(32).fill(4))] },
    };
    const next = new Uint8Array(32).fill(2);
    expect(JSON.stringify(claim(identity, next).sig)).toMatchInlineSnapshot(`"{"kid":"6a3803d5f059902a","sig":"7tRtMJ54U555GrnxXnS6AwSDHLLqggNTmZ1Ft4qoTenbrhF3HEzmipRr95MFNc/PMz5BlFazz4VzvNQc8ULVBg=="}"`);
    expect(JSON.stringify(replacement(identity, seed, next).sig)).toMatchInlineSnapshot(`"{"kid":"34750f98bd59fcfc","sig":"hlzk12BkiEw/ORcjBnKGB04Mooftx401P6yJYCelmDy4LwV8oif/jlCy9cpLQZGrMP+ouhx3WyAJhvaz7CUhBA=="}"`);
  });
});
