import type { Override } from "@kit/api";

/** What a channel says about one permission of one role or person. */
export type Stand = "allow" | "inherit" | "deny";

export function standOf(override: Override | undefined, permission: string): Stand {
  if (override?.allow.includes(permission)) return "allow";
  if (override?.deny.includes(permission)) return "deny";
  return "inherit";
}

/** The overrides with one permission of one target changed; an override that says nothing is left out. */
export function withStand(overrides: readonly Override[], target: string, permission: string, stand: Stand): Override[] {
  const before = overrides.find((override) => override.target === target) ?? { target, allow: [], deny: [] };
  const without = (list: readonly string[]) => list.filter((other) => other !== permission);
  const after: Override = {
    target,
    allow: stand === "allow" ? [...without(before.allow), permission] : without(before.allow),
    deny: stand === "deny" ? [...without(before.deny), permission] : without(before.deny),
  };
  const others = overrides.filter((override) => override.target !== target);
  return after.allow.length + after.deny.length === 0 ? others : [...others, after];
}

export interface OverrideChange {
  target: string;
  /** Null: the override goes. */
  to: { allow: string[]; deny: string[] } | null;
}

/** What must be asked of the server to come from one set of overrides to another. */
export function overrideChanges(before: readonly Override[], after: readonly Override[]): OverrideChange[] {
  const same = (one: readonly string[], other: readonly string[]) => one.length === other.length && one.every((id) => other.includes(id));
  const set = after
    .filter((next) => {
      const old = before.find((override) => override.target === next.target);
      return !old || !same(old.allow, next.allow) || !same(old.deny, next.deny);
    })
    .map(({ target, allow, deny }): OverrideChange => ({ target, to: { allow, deny } }));
  const gone = before.filter((old) => !after.some((next) => next.target === old.target)).map(({ target }): OverrideChange => ({ target, to: null }));
  // What allows comes first, so that who sets up a private channel does not lock themselves out on the way.
  return [...set.sort((one, other) => (one.to?.deny.length ?? 0) - (other.to?.deny.length ?? 0)), ...gone];
}
