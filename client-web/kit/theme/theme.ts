/** How the application looks for one person. Stored with their account, so all devices agree. */
export interface Appearance {
  theme: "system" | "light" | "dark";
  contrast: "system" | "more";
  /** Hue of the accent in degrees, 0–359. */
  hue: number;
  density: "compact" | "normal" | "cosy";
  text: "small" | "normal" | "large" | "larger";
  motion: "system" | "less" | "full";
}

/** What everybody starts with. */
export const defaultAppearance: Appearance = {
  theme: "system",
  contrast: "system",
  hue: 262,
  density: "normal",
  text: "normal",
  motion: "system",
};

const choices: { [K in Exclude<keyof Appearance, "hue">]: readonly Appearance[K][] } = {
  theme: ["system", "light", "dark"],
  contrast: ["system", "more"],
  density: ["compact", "normal", "cosy"],
  text: ["small", "normal", "large", "larger"],
  motion: ["system", "less", "full"],
};

const storageKey = "conntext.appearance";

/** Reads an appearance out of anything (settings of an account, local storage); unknown values fall back to the defaults. */
export function parseAppearance(value: unknown): Appearance {
  const from = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const pick = <K extends keyof typeof choices>(key: K): Appearance[K] => {
    const wanted = from[key];
    return (choices[key] as readonly unknown[]).includes(wanted) ? (wanted as Appearance[K]) : defaultAppearance[key];
  };
  const hue = typeof from.hue === "number" && Number.isFinite(from.hue) ? ((Math.round(from.hue) % 360) + 360) % 360 : defaultAppearance.hue;
  return { theme: pick("theme"), contrast: pick("contrast"), density: pick("density"), text: pick("text"), motion: pick("motion"), hue };
}

/** Puts an appearance on the page and remembers it for the next start of this browser. */
export function applyAppearance(appearance: Appearance, root: HTMLElement = document.documentElement): void {
  const set = (name: string, value: string, neutral: string) => {
    if (value === neutral) root.removeAttribute(`data-${name}`);
    else root.setAttribute(`data-${name}`, value);
  };
  set("theme", appearance.theme, "system");
  set("density", appearance.density, "normal");
  set("text", appearance.text, "normal");
  set("motion", appearance.motion, "system");
  const more = appearance.contrast === "more" || matches("(prefers-contrast: more)");
  set("contrast", more ? "more" : "", "");
  root.style.setProperty("--hue", String(appearance.hue));
  try {
    localStorage.setItem(storageKey, JSON.stringify(appearance));
  } catch {
    // A browser that stores nothing still shows the right look until it is closed.
  }
}

/** The appearance this browser showed last; used before the account's settings have arrived. */
export function rememberedAppearance(): Appearance {
  try {
    return parseAppearance(JSON.parse(localStorage.getItem(storageKey) ?? "null"));
  } catch {
    return defaultAppearance;
  }
}

function matches(query: string): boolean {
  return typeof matchMedia === "function" && matchMedia(query).matches;
}
