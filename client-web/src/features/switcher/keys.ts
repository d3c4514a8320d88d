import type { Server } from "@kit/api";
import { groupChannels } from "@kit/ui/channel-tree";
import { isUnread } from "@kit/ui/counts";

/** The name of the key that goes with letters: Command on Apple's machines, Control elsewhere. */
export function modKey(platform: string): string {
  return /Mac|iPhone|iPad/.test(platform) ? "⌘" : "Ctrl";
}

/** The text channel above (-1) or below (1) the open one, around the end; only unread ones if wanted. Null if there is none. */
export function neighbour(server: Server, active: string | null, by: -1 | 1, unreadOnly: boolean): string | null {
  const channels = groupChannels(server.channels).flatMap((group) => group.channels);
  const start = channels.findIndex((channel) => channel.id === active);
  for (let step = 1; step <= channels.length; step++) {
    const index = start === -1 ? (by === 1 ? step - 1 : channels.length - step) : (start + by * step + channels.length * step) % channels.length;
    const candidate = channels[index];
    if (candidate && candidate.id !== active && (!unreadOnly || isUnread(candidate))) return candidate.id;
  }
  return null;
}
