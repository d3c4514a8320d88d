import { can, useMembers, useServer } from "@kit/live";
import { findEmoji, loadEmoji } from "@kit/emoji/data";
import { Avatar } from "@kit/ui/Avatar";
import { nameOf, pictureOf } from "@kit/ui/Person";
import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { AtSign, Hash } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { Query } from "./completion";
import { userToken } from "./tokens";

export interface Completion {
  key: string;
  /** What is put into the text. */
  insert: string;
  icon: ReactNode;
  label: string;
  hint: string;
}

const MOST = 8;

/** What fits to what is being typed: people, roles and everybody, channels, emoji. */
export function useCompletions(sid: string, cid: string, query: Query | null): Completion[] {
  const { t } = useLingui();
  const server = useServer(sid);
  const people = useMembers(sid, {
    q: query?.kind === "@" ? (query.text.split("@")[0] ?? "") : "",
    channel: cid,
    enabled: query?.kind === "@",
  });
  const emoji = useQuery({
    queryKey: ["emoji"],
    queryFn: loadEmoji,
    enabled: query?.kind === ":",
    staleTime: Infinity,
  });
  return useMemo(() => {
    if (!query || !server) return [];
    const text = query.text.toLowerCase();
    if (query.kind === ":") {
      if (!emoji.data) return [];
      return findEmoji(emoji.data, text, MOST).map((hit) => ({
        key: hit.code,
        insert: hit.emoji,
        icon: <span>{hit.emoji}</span>,
        label: `:${hit.code}:`,
        hint: "",
      }));
    }
    if (query.kind === "#") {
      return server.channels
        .filter((c) => c.kind === "text" && c.name.toLowerCase().includes(text))
        .sort((a, b) => Number(b.name.toLowerCase().startsWith(text)) - Number(a.name.toLowerCase().startsWith(text)))
        .slice(0, MOST)
        .map((c) => ({ key: c.id, insert: `#${c.name}`, icon: <Hash size={18} />, label: c.name, hint: c.topic }));
    }
    const all = can(server, "mention_everyone", cid);
    const special: Completion[] = all
      ? [
          {
            key: "everyone",
            insert: "@everyone",
            icon: <AtSign size={18} />,
            label: "everyone",
            hint: t`Tell all members`,
          },
          {
            key: "here",
            insert: "@here",
            icon: <AtSign size={18} />,
            label: "here",
            hint: t`Tell all who are here now`,
          },
        ].filter((x) => x.label.startsWith(text))
      : [];
    const roles = server.roles
      .filter((r) => !r.everyone && (r.mentionable || all) && r.name.toLowerCase().includes(text))
      .map((r) => ({ key: r.id, insert: `@${r.name}`, icon: <AtSign size={18} />, label: r.name, hint: t`Role` }));
    const users = people.members
      .filter(({ user }) =>
        [user.handle, user.display_name, user.here?.display_name ?? "", userToken(user).slice(1)].some((x) =>
          x.toLowerCase().includes(text),
        ),
      )
      .map(({ user }) => ({
        key: user.id,
        insert: userToken(user),
        icon: <Avatar id={user.id} name={nameOf(user)} src={pictureOf(user)} size={24} />,
        label: nameOf(user),
        hint: userToken(user),
      }));
    return [...users, ...roles, ...special].slice(0, MOST);
  }, [query, server, cid, people.members, emoji.data, t]);
}
