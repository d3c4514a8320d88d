/** Eight hues that stay apart from each other, also for people who see fewer colours. */
const hues = [20, 55, 95, 150, 195, 235, 275, 325] as const;

/** A stable small number out of an id (FNV-1a, 32 bits). */
function hash(id: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) {
    h ^= id.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return h >>> 0;
}

/** Background of the round or square that stands for somebody or something without a picture. White letters on it have a contrast of 4.5 : 1. */
export function identityColour(id: string): string {
  const hue = hues[hash(id) % hues.length] ?? hues[0];
  return `oklch(50% 0.13 ${String(hue)})`;
}

/** All backgrounds that identityColour can give, for the contrast test. */
export const identityHues: readonly number[] = hues;

/** One or two letters for somebody's or something's name. */
export function initials(name: string, most: 1 | 2 = 1): string {
  const words = name.trim().split(/[\s\-_.]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (word: string) => [...word].find((ch) => /[\p{L}\p{N}]/u.test(ch)) ?? "";
  if (words.length === 0) return "?";
  return words.slice(0, most).map(first).join("").toLocaleUpperCase();
}

/** A role's colour (0xRRGGBB) as CSS, or undefined where the role has none. */
export function roleColour(colour: number | null | undefined): string | undefined {
  return colour === null || colour === undefined ? undefined : `#${colour.toString(16).padStart(6, "0")}`;
}
