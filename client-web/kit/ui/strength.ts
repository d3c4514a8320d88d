/** How long a password would stand against guessing: 0 (at once) to 4 (very long). */
export interface Strength {
  score: 0 | 1 | 2 | 3 | 4;
  /** Why it is weak, if it is. */
  hint: "short" | "common" | "repeats" | "sequence" | "about-you" | null;
}

/** Bases that most people who must invent a password begin with. */
const common = ["password", "passwort", "motdepasse", "contrasena", "qwerty", "qwertz", "azerty", "letmein", "welcome", "iloveyou", "dragon", "monkey", "football", "baseball", "sunshine", "princess", "admin", "login", "master", "shadow", "abc123", "hunter2", "conntext", "secret", "changeme", "trustno1", "whatever", "starwars"];
const rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/** Bits of guessing that a password costs, roughly: each sign by its alphabet, but runs, repeats and known words count little. */
export function estimateStrength(password: string, about: readonly string[] = []): Strength {
  const lower = password.toLowerCase();
  if (password.length === 0) return { score: 0, hint: null };
  let rest = lower;
  let hint: Strength["hint"] = null;
  for (const word of common)
    if (rest.includes(word)) {
      rest = rest.replaceAll(word, "\u0000");
      hint = "common";
    }
  for (const word of about.map((part) => part.toLowerCase()).filter((part) => part.length >= 3))
    if (rest.includes(word)) {
      rest = rest.replaceAll(word, "\u0000");
      hint = "about-you";
    }
  const signs = [...rest];
  let cheap = 0;
  let repeats = 0;
  for (let i = 1; i < signs.length; i++) {
    const [one, other] = [signs[i - 1] ?? "", signs[i] ?? ""];
    const neighbours = rows.some((row) => {
      const [at, next] = [row.indexOf(one), row.indexOf(other)];
      return at >= 0 && next >= 0 && Math.abs(at - next) === 1;
    });
    if (one === other) repeats++;
    if (one === other || neighbours) cheap++;
  }
  if (hint === null && signs.length > 0 && cheap / signs.length > 0.5) hint = repeats * 2 > cheap ? "repeats" : "sequence";
  let alphabet = 0;
  if (/[a-z]/.test(password)) alphabet += 26;
  if (/[A-Z]/.test(password)) alphabet += 26;
  if (/[0-9]/.test(password)) alphabet += 10;
  if (/[^a-zA-Z0-9]/.test(password)) alphabet += 33;
  const bits = (signs.length - cheap) * Math.log2(Math.max(alphabet, 2)) * (new Set(signs).size < signs.length / 2 ? 0.7 : 1) + cheap;
  const score = bits < 28 ? 0 : bits < 42 ? 1 : bits < 56 ? 2 : bits < 72 ? 3 : 4;
  if (hint === null && score < 2) hint = "short";
  return { score, hint: score >= 3 ? null : hint };
}
