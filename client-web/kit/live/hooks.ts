import type { Channel, Me, Permission, Presence, Server, User } from "@kit/api";
import { api } from "@kit/api";
import type { LiveState } from "@kit/sync";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { useLive, useSync } from "./context";

export function useMe(): Me {
  const me = useLive((s) => s.me);
  if (!me) throw new Error("useMe is for the signed-in part only");
  return me;
}

/** The person's communities in their order. */
export function useServers(): Server[] {
  return useStore(
    useSync().store,
    useShallow((s) => s.order.map((id) => s.servers[id]).filter((x): x is Server => x !== undefined)),
  );
}

export function useServer(sid: string | null | undefined): Server | undefined {
  return useLive((s) => (sid ? s.servers[sid] : undefined));
}

export function useChannel(sid: string | null | undefined, cid: string | null | undefined): Channel | undefined {
  return useLive((s) => (sid && cid ? s.servers[sid]?.channels.find((c) => c.id === cid) : undefined));
}

/** Whether a right is among those that the server counted out for this person. */
export function can(server: Server | undefined, permission: Permission, cid?: string | null): boolean {
  if (!server) return false;
  if (server.owner === server.my_actor || server.my_permissions.includes("admin")) return true;
  const channel = cid ? server.channels.find((c) => c.id === cid) : undefined;
  return (channel ? channel.my_permissions : server.my_permissions).includes(permission);
}

/** The same as a hook. Only for showing and hiding: the server decides. */
export function useCan(sid: string | null | undefined, permission: Permission, cid?: string | null): boolean {
  return useLive((s) => can(sid ? s.servers[sid] : undefined, permission, cid));
}

/** Somebody as a server shows them; without one, as they are everywhere. */
export function shownUser(state: LiveState, id: string, sid?: string | null): User | undefined {
  return (sid ? state.dressed[sid]?.[id] : undefined) ?? state.users[id];
}

/** Somebody; with a server, as they show themselves there. */
export function useUser(id: string | null | undefined, sid?: string | null): User | undefined {
  return useLive((s) => (id ? shownUser(s, id, sid) : undefined));
}

export function useUsers(ids: readonly string[], sid: string): (User | undefined)[] {
  return useStore(
    useSync().store,
    useShallow((s) => ids.map((id) => shownUser(s, id, sid))),
  );
}

export function usePresence(id: string | null | undefined): Presence {
  return useLive((s) => (id ? (s.presence[id] ?? "offline") : "offline"));
}

export function useConnection(): "connecting" | "online" | "offline" {
  return useLive((s) => s.connection);
}

/** Settings that follow the person to all devices, and how to change some of them. */
export function useSettings(): [Record<string, unknown>, (patch: Record<string, unknown>) => Promise<void>] {
  const sync = useSync();
  const settings = useLive((s) => s.settings);
  return [settings, (patch) => sync.saveSettings(patch)];
}

const MEMBERS_PAGE = 100;

/** The members of a community, page by page; fetched again when somebody joins, leaves or changes. */
export function useMembers(sid: string, options: { q?: string; channel?: string; enabled?: boolean } = {}) {
  const sync = useSync();
  const version = useLive((s) => s.membersVersion[sid] ?? 0);
  const query = useInfiniteQuery({
    queryKey: ["members", sid, options.q ?? "", options.channel ?? "", version],
    queryFn: async ({ pageParam, signal }) => {
      const page = await api.members.list(
        sid,
        {
          limit: MEMBERS_PAGE,
          cursor: pageParam,
          ...(options.q ? { q: options.q } : {}),
          ...(options.channel ? { channel: options.channel } : {}),
        },
        signal,
      );
      sync.learnMembers(sid, page.members);
      return page;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    placeholderData: (before) => before,
    enabled: options.enabled ?? true,
  });
  const members = useMemo(() => query.data?.pages.flatMap((p) => p.members) ?? [], [query.data]);
  return {
    members,
    total: query.data?.pages[0]?.total ?? 0,
    hasMore: query.hasNextPage,
    loadMore: () => void query.fetchNextPage(),
    status: query.status,
    error: query.error,
    refetch: () => void query.refetch(),
  };
}
