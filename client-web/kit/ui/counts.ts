import type { Channel, Server } from "@kit/api";

/** What waits for a person in a community. */
export interface Waiting {
  unread: boolean;
  mentions: number;
}

/** Whether something in the community was not read yet, and how many messages are about the person. */
export function waitingIn(server: Pick<Server, "channels">): Waiting {
  return {
    unread: server.channels.some((channel) => isUnread(channel)),
    mentions: server.channels.reduce((sum, channel) => sum + channel.mentions, 0),
  };
}

export function isUnread(channel: Pick<Channel, "kind" | "unread" | "mentions">): boolean {
  return channel.kind === "text" && (channel.unread > 0 || channel.mentions > 0);
}
