import { useQuery } from "@tanstack/react-query";
import { api, type User } from "@kit/api";
import { useLive, useSync } from "@kit/live";

/** Somebody's place in a community, fetched again when it changes. */
export function useMember(sid: string, user: Pick<User, "id">) {
  const sync = useSync();
  const version = useLive((s) => s.membersVersion[sid] ?? 0);
  const query = useQuery({
    queryKey: ["member", sid, user.id, version],
    queryFn: async () => {
      const member = await api.members.get(sid, user.id);
      sync.learnMembers(sid, [member]);
      return member;
    },
    placeholderData: (before) => before,
    retry: false,
  });
  return { member: query.data, refetch: () => void query.refetch() };
}
