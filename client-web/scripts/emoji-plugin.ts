import data from "emojibase-data/en/data.json" with { type: "json" };
import messages from "emojibase-data/en/messages.json" with { type: "json" };
import shortcodes from "emojibase-data/en/shortcodes/github.json" with { type: "json" };
import type { Plugin } from "vite";

/** Newer emoji show as boxes on too many systems. */
const NEWEST_VERSION = 15;
/** Group of skin tones and hair, which are not chosen alone. */
const COMPONENTS = 2;
const TONES = ["", "light", "medium-light", "medium", "medium-dark", "dark"];
const FILE = "emoji/en.json";

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Names, groups and shortcodes of all emoji, as one file of ours, so that nobody is asked for it elsewhere. */
function emojiData(): string {
  const names = shortcodes as Record<string, string | string[]>;
  const emojis = data
    .filter((e) => e.group !== undefined && e.group !== COMPONENTS && e.version <= NEWEST_VERSION)
    .map((e) => {
      const tones = (e.skins ?? []).filter((skin) => typeof skin.tone === "number");
      const codes = names[e.hexcode];
      return {
        emoji: e.emoji,
        category: e.group,
        label: capital(e.label),
        version: e.version,
        tags: e.tags ?? [],
        ...(tones.length > 0
          ? { skins: Object.fromEntries(tones.map((x) => [TONES[x.tone as number], x.emoji])) }
          : {}),
        ...(codes ? { aliases: [codes].flat() } : {}),
      };
    });
  const categories = messages.groups
    .filter((g) => g.order !== COMPONENTS)
    .map((g) => ({ index: g.order, label: capital(g.message) }));
  const skinTones = Object.fromEntries(messages.skinTones.map((tone) => [tone.key, capital(tone.message)]));
  return JSON.stringify({ locale: "en", emojis, categories, skinTones });
}

/** Serves the emoji data beside the app. */
export function emojiPlugin(): Plugin {
  return {
    name: "conntext-emoji",
    configureServer(server) {
      server.middlewares.use(`/${FILE}`, (_request, response) => {
        response.setHeader("content-type", "application/json");
        response.end(emojiData());
      });
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: FILE, source: emojiData() });
    },
  };
}
