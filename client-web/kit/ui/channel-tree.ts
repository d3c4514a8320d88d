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

/** One request that brings the order about. */
export interface Move {
  id: string;
  position: number;
  parent?: string | null;
}

/**
 * The requests that put `id` at the place `index` among its new siblings below `parent` (categories have siblings of their own).
 * They are in ascending order of position, so that they lead to the same order whether the server inserts or overwrites.
 */
export function planMove(channels: readonly Channel[], id: string, parent: string | null, index: number): Move[] {
  const channel = channels.find((c) => c.id === id);
  if (!channel) return [];
  const groups = groupChannels(channels);
  const siblings = channel.kind === "category" ? groups.map((group) => group.category).filter((c) => c !== null) : (groups.find((group) => (group.category?.id ?? null) === parent)?.channels ?? []);
  const rest = siblings.filter((sibling) => sibling.id !== id);
  rest.splice(Math.max(0, Math.min(index, rest.length)), 0, channel);
  return rest
    .map((sibling, position): Move & { changed: boolean } => {
      const rehomed = sibling.id === id && channel.kind !== "category" && channel.parent !== parent;
      return { id: sibling.id, position, ...(rehomed ? { parent } : {}), changed: sibling.position !== position || rehomed };
    })
    .filter((move) => move.changed)
    .map(({ changed: _, ...move }) => move);
}
