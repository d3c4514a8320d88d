import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { contrastRatio, type Oklch } from "./contrast";
import { identityHues } from "./identity-colour";

const sheet = readFileSync(resolve(import.meta.dirname, "tokens.css"), "utf8");
const hues = Array.from({ length: 36 }, (_, i) => i * 10);

type Pair = { light: string; dark: string };

function tokensOf(selector: string): Map<string, Pair> {
  const start = sheet.indexOf(`${selector} {`);
  const block = sheet.slice(start, sheet.indexOf("}", start));
  const found = new Map<string, Pair>();
  for (const [, name, light, dark] of block.matchAll(/--([\w-]+): light-dark\((oklch\([^/]*?(?:var\(--hue\))?\)), (oklch\([^/]*?(?:var\(--hue\))?\))\);/g))
    if (name && light && dark) found.set(name, { light, dark });
  return found;
}

function parse(colour: string, hue: number): Oklch {
  const match = /oklch\(([\d.]+)% ([\d.]+) (var\(--hue\)|[\d.]+)\)/.exec(colour);
  if (!match) throw new Error(`not a colour: ${colour}`);
  const [, l, c, h] = match;
  return { l: Number(l) / 100, c: Number(c), h: h === "var(--hue)" ? hue : Number(h) };
}

const normal = tokensOf(":root");
const more = new Map([...normal, ...tokensOf(':root[data-contrast="more"]')]);

/** What is written on what. */
const text: [string, string[]][] = [
  ["ink-0", ["bg-0", "bg-1", "bg-2", "bg-3", "accent-soft", "mention", "bad-soft"]],
  ["ink-1", ["bg-0", "bg-1", "bg-2", "bg-3", "accent-soft", "mention"]],
  ["ink-2", ["bg-0", "bg-1", "bg-2", "bg-3", "accent-soft", "mention"]],
  ["accent-text", ["bg-0", "bg-1", "bg-2", "accent-soft", "mention"]],
  ["accent-ink", ["accent"]],
  ["bad-ink", ["bad"]],
  ["bad-text", ["bg-0", "bg-1", "bg-2", "bad-soft"]],
];
/** Shapes that must be told apart from what they lie on. */
const shapes: [string, string[]][] = [
  ["accent", ["bg-0", "bg-1", "bg-2"]],
  ["good", ["bg-0", "bg-1", "bg-2"]],
  ["warn", ["bg-0", "bg-1", "bg-2"]],
  ["bad", ["bg-0", "bg-1", "bg-2"]],
  ["control-line", ["bg-0", "bg-1", "bg-2"]],
  ["mention-line", ["bg-0", "bg-1", "mention"]],
];

describe.each([
  ["normal", normal],
  ["high contrast", more],
] as const)("I4: %s theme", (name, tokens) => {
  const least = name === "normal" ? 4.5 : 7;
  it.each(["light", "dark"] as const)("is readable in %s with every hue", (scheme) => {
    const failures: string[] = [];
    const check = (pairs: [string, string[]][], limit: number) => {
      for (const [front, backs] of pairs)
        for (const back of backs)
          for (const hue of hues) {
            const [one, other] = [tokens.get(front), tokens.get(back)];
            if (!one || !other) throw new Error(`no token ${front} or ${back}`);
            const ratio = contrastRatio(parse(one[scheme], hue), parse(other[scheme], hue));
            if (ratio < limit) failures.push(`${front} on ${back} at hue ${String(hue)}: ${ratio.toFixed(2)}`);
          }
    };
    check(text.filter(([front]) => name === "normal" || front.startsWith("ink")), least);
    check(text, 4.5);
    check(shapes, 3);
    expect(failures).toEqual([]);
  });
});

it("initials on every identity colour are readable", () => {
  for (const h of identityHues) expect(contrastRatio({ l: 0.5, c: 0.13, h }, { l: 1, c: 0, h: 0 })).toBeGreaterThanOrEqual(4.5);
});
