import { describe, expect, it } from "vitest";
import { estimateStrength } from "./strength";

describe("A1: password strength", () => {
  it.each([
    ["password1234", [], 1, "common"],
    ["aaaaaaaaaaaaaaaa", [], 1, "repeats"],
    ["abcdefghijklmnop", [], 1, "sequence"],
    ["abc", [], 0, "sequence"],
    ["lighthouse-ada", ["ada-lovelace", "lighthouse"], 1, "about-you"],
    ["k9!x", [], 0, "short"],
  ] as const)("%s is weak", (password, about, most, hint) => {
    const strength = estimateStrength(password, about);
    expect(strength.score).toBeLessThanOrEqual(most);
    expect(strength.hint).toBe(hint);
  });

  it("several unrelated words are strong", () => {
    expect(estimateStrength("copper kettle under seven rivers").score).toBe(4);
  });

  it("nothing is no strength and no reproach", () => {
    expect(estimateStrength("")).toEqual({ score: 0, hint: null });
  });
});
