import type { Channel } from "@kit/api";

/** A category with its channels; `category` is null for the channels above all categories. */
export interface Group {
  category: Channel | null;
  channels: Channel[];
}

const byPosition = (one: Channel, other: Channel) => one.position - other.position || one.name.localeCompare(other.name);

/** The channels in the order in which they are shown. Channels whose category is not visible stand at the top. */
export function groupChannels(channels: readonly Channel[]): Group[] {
  const categories = channels.filter((channel) => channel.kind === "category").sort(byPosition);
  const known = new Set(categories.map((category) => category.id));
  const inside = (parent: string | null) => channels.filter((channel) => channel.kind !== "category" && (channel.parent && known.has(channel.parent) ? channel.parent : null) === parent).sort(byPosition);
  return [{ category: null, channels: inside(null) }, ...categories.map((category) => ({ category, channels: inside(category.id) }))].filter((group) => group.category !== null || group.channels.length > 0);
}

/** The request that moves a channel: its place (from 0) among all that stand below `parent`, channels and categories alike. */
export interface Move {
  position: number;
  parent?: string | null;
}

/**
 * The request that puts `id` at the place `index` among its own kind below `parent` (categories stand among categories);
 * null where it stands there already. The server makes room for it.
 */
export function planMove(channels: readonly Channel[], id: string, parent: string | null, index: number): Move | null {
  const channel = channels.find((c) => c.id === id);
  if (!channel) return null;
  const isCategory = channel.kind === "category";
  const home = isCategory ? null : parent;
  const groups = groupChannels(channels);
  const kin = isCategory ? groups.map((group) => group.category).filter((c) => c !== null) : (groups.find((group) => (group.category?.id ?? null) === home)?.channels ?? []);
  const rehomed = !isCategory && channel.parent !== home;
  if (!rehomed && kin.findIndex((c) => c.id === id) === Math.max(0, Math.min(index, kin.length - 1))) return null;
  const others = kin.filter((c) => c.id !== id);
  const all = channels.filter((c) => c.parent === home && c.id !== id).sort(byPosition);
  const next = others[Math.max(0, index)];
  const before = next ? all.indexOf(next) : -1;
  const last = others.at(-1);
  const position = before >= 0 ? before : last && all.includes(last) ? all.indexOf(last) + 1 : all.length;
  return { position, ...(rehomed ? { parent: home } : {}) };
}
