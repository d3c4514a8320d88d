import type { EmojiData } from "frimousse";

let loading: Promise<EmojiData> | null = null;

/** Names and shortcodes of all emoji; fetched from this instance when first needed. */
export function loadEmoji(): Promise<EmojiData> {
  loading ??= fetch("/emoji/en.json")
    .then((response) => {
      if (!response.ok) throw new Error(`emoji data: ${response.status}`);
      return response.json() as Promise<EmojiData>;
    })
    .catch((error: unknown) => {
      loading = null;
      throw error;
    });
  return loading;
}

export interface EmojiHit {
  emoji: string;
  code: string;
}

/** The best emoji for what was typed after a colon: names that begin with it, then names and words that hold it. */
export function findEmoji(data: EmojiData, query: string, most: number): EmojiHit[] {
  const q = query.toLowerCase();
  const hits: { hit: EmojiHit; rank: number }[] = [];
  for (const entry of data.emojis) {
    const codes = entry.aliases ?? [];
    const code = codes.find((c) => c.startsWith(q)) ?? codes.find((c) => c.includes(q));
    const tagged = entry.tags.some((tag) => tag.startsWith(q));
    const first = codes[0];
    if (code) {
      hits.push({ hit: { emoji: entry.emoji, code }, rank: code === q ? 0 : code.startsWith(q) ? 1 : 2 });
    } else if (tagged && first) {
      hits.push({ hit: { emoji: entry.emoji, code: first }, rank: 3 });
    }
  }
  return hits
    .sort((a, b) => a.rank - b.rank || a.hit.code.length - b.hit.code.length)
    .slice(0, most)
    .map((h) => h.hit);
}

/** Puts the emoji in the place of every known `:name:`. */
export function replaceShortcodes(data: EmojiData, text: string): string {
  return text.replace(/(?<![\w:]):([a-z0-9_+-]+):(?![\w:])/g, (whole, code: string) => {
    return data.emojis.find((e) => e.aliases?.includes(code))?.emoji ?? whole;
  });
}
