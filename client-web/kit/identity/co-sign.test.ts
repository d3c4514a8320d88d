import { describe, expect, it } from "vitest";
import { askCode, askedIn, wordCode, wordIn } from "./co-sign";
import { signatureOf } from "./own-key";

describe("what several people sign", () => {
  const body = { sid: "s_a", gen: 1, set: 0, base: { gen: 0, epoch: 0, seq: 7, hash: "ab" }, to: "ik_b" };

  it("B13: goes to somebody elsewhere as a text, and comes back as one", () => {
    const statement = { kind: "takeover" as const, name: "Obstgärten 🍏", body };
    const code = askCode(statement);
    expect(askedIn(` ${code.slice(0, 40)}\n${code.slice(40)} `)).toEqual(statement);
    const word = signatureOf("conntext/takeover/v1\n", body, new Uint8Array(32).fill(7));
    expect(wordIn(wordCode(word))).toEqual(word);
  });

  it("B13: other texts are none", () => {
    for (const text of ["", "nonsense", "conntext-sign:", "conntext-sign:!!!", `conntext-sign:${btoa("[]")}`, `conntext-sign:${btoa('{"kind":"else","name":"a","body":{}}')}`, wordCode({ kid: "a", sig: "b" })])
      expect(askedIn(text)).toBeNull();
    for (const text of ["", "conntext-signed:", `conntext-signed:${btoa("7")}`, `conntext-signed:${btoa('{"kid":1,"sig":"b"}')}`]) expect(wordIn(text)).toBeNull();
  });
});
