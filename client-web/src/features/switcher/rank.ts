import type { Server, User } from "@kit/api";
import { groupChannels } from "@kit/ui/channel-tree";
import { isUnread, waitingIn } from "@kit/ui/counts";
import { nameOf } from "@kit/ui/Person";

/** Something the quick switcher can go to. */
export type Target =
  | { kind: "server"; key: string; name: string; detail: string; server: Server; weight: number }
  | { kind: "channel"; key: string; name: string; detail: string; server: Server; channel: string; private: boolean; unread: number; mentions: number; weight: number }
  | { kind: "person"; key: string; name: string; detail: string; user: User; weight: number };

const prefixes: Record<string, Target["kind"]> = { "#": "channel", "@": "person", "*": "server" };

/** How well a text answers to what was typed: 3 begins so, 2 a word of it does, 1 contains it, 0 not at all. */
export function matchWeight(text: string, query: string): 0 | 1 | 2 | 3 {
  const fold = (value: string) => value.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const [folded, wanted] = [fold(text), fold(query)];
  if (wanted === "" || folded.startsWith(wanted)) return 3;
  if (folded.split(/[\s\-_.:@/]+/u).some((word) => word.startsWith(wanted))) return 2;
  return folded.includes(wanted) ? 1 : 0;
}

/**
 * What to offer for `typed`, the best first, at most `most`. A first sign narrows: # channels, @ people, * communities.
 * With nothing typed: what is unread, what is about the person first, then the communities.
 */
export function rankTargets(typed: string, servers: readonly Server[], users: readonly User[], activeSid: string | null, most = 12): Target[] {
  const only = prefixes[typed.trim().charAt(0)];
  const query = (only ? typed.trim().slice(1) : typed).trim();
  const targets: Target[] = [];
  for (const server of servers) {
    const waiting = waitingIn(server);
    if (!only || only === "server") {
      const match = matchWeight(server.name, query);
      if (match) targets.push({ kind: "server", key: server.id, name: server.name, detail: server.hub_domain, server, weight: match * 10 + (waiting.mentions > 0 ? 1 : 0) - (query ? 0 : 20) });
    }
    if (!only || only === "channel")
      for (const channel of groupChannels(server.channels).flatMap((group) => group.channels)) {
        const match = matchWeight(channel.name, query);
        const unread = isUnread(channel);
        if (!match || (!query && !only && !unread)) continue;
        targets.push({
          kind: "channel",
          key: `${server.id}/${channel.id}`,
          name: channel.name,
          detail: server.name,
          server,
          channel: channel.id,
          private: channel.private,
          unread: channel.unread,
          mentions: channel.mentions,
          weight: match * 10 + (server.id === activeSid ? 4 : 0) + (unread ? 2 : 0) + (channel.mentions > 0 ? 3 : 0),
        });
      }
  }
  if (only === "person" || (!only && query))
    for (const user of users) {
      const match = Math.max(matchWeight(nameOf(user), query), matchWeight(`${user.handle}@${user.domain}`, query));
      if (match) targets.push({ kind: "person", key: user.id, name: nameOf(user), detail: `${user.handle}@${user.domain}`, user, weight: match * 10 - 2 });
    }
  return targets.sort((one, other) => other.weight - one.weight || one.name.localeCompare(other.name)).slice(0, most);
}
