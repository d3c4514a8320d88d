import { UserPlus, Users } from "lucide-react";
import { useEffect, useRef } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button as AriaButton, VisuallyHidden } from "react-aria-components";
import type { Member, Presence, Role } from "@kit/api";
import { useCan, useLive, useMembers, useOpenProfile, useServer, useUser } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { cx } from "@kit/ui/cx";
import { openOverlay } from "@kit/ui/overlays";
import { highestRole, nameOf, pictureOf, RoleInk } from "@kit/ui/Person";
import { EmptyState, FailedState, SkeletonRows } from "@kit/ui/States";
import { usePresenceWords } from "@kit/ui/presence-words";
import { groupMembers } from "./groups";
import s from "./MemberList.module.css";

/** Who can read the channel: by hoisted role, then who is here now, then who is away. */
export function MemberList({ sid, cid }: { sid: string; cid: string }) {
  const { t } = useLingui();
  const server = useServer(sid);
  const live = useLive((state) => state.presence);
  const mayInvite = useCan(sid, "invite");
  const { members, hasMore, loadMore, status, error, refetch } = useMembers(sid, { channel: cid });

  if (status === "pending") return <SkeletonRows rows={8} label={t`Loading members`} />;
  if (status === "error") return <FailedState error={error} onRetry={refetch} />;
  const presenceOf = (member: Member): Presence => live[member.user.id] ?? member.presence;
  const roles = server?.roles ?? [];
  const groups = groupMembers(members, roles, presenceOf);
  const invite = mayInvite ? (
    <Button icon={<UserPlus size={16} />} onPress={() => { openOverlay({ kind: "invite", sid, channel: null }); }}>
      <Trans>Invite people</Trans>
    </Button>
  ) : null;
  if (members.length === 0) return <EmptyState icon={<Users size={28} />} title={<Trans>Nobody is here yet</Trans>} action={invite} />;
  return (
    <div className={s.list}>
      {groups.map((group) => {
        const title = group.kind === "role" ? (group.role?.name ?? "") : group.kind === "here" ? t`Here now` : t`Away`;
        return (
          <section key={group.role?.id ?? group.kind}>
            <h3 className={s.group}>{hasMore ? title : `${title} · ${String(group.members.length)}`}</h3>
            <ul>
              {group.members.map((member) => (
                <li key={member.user.id} className={s.place}>
                  <MemberRow member={member} sid={sid} roles={roles} presence={presenceOf(member)} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      {hasMore ? <More onMore={loadMore} /> : members.length === 1 ? <div className={s.alone}>{invite}</div> : null}
    </div>
  );
}

function MemberRow({ member, sid, roles, presence }: { member: Member; sid: string; roles: readonly Role[]; presence: Presence }) {
  const open = useOpenProfile();
  const words = usePresenceWords();
  const row = useRef<HTMLButtonElement>(null);
  const user = useUser(member.user.id, sid) ?? member.user;
  const name = nameOf(user);
  const colour = highestRole(roles, member.roles, (role) => role.colour !== null)?.colour;
  return (
    <AriaButton
      ref={row}
      className={cx(s.row, presence === "offline" && s.offline)}
      onPress={() => {
        if (row.current) open(user.id, sid, row.current);
      }}
    >
      <Avatar id={user.id} name={name} src={pictureOf(user)} size={30} presence={presence} />
      <span className={s.text}>
        <span className={s.name}>
          <RoleInk colour={colour}>{name}</RoleInk>
        </span>
        {user.local ? null : <small className={s.home}>{user.domain}</small>}
      </span>
      <VisuallyHidden>{words[presence]}</VisuallyHidden>
    </AriaButton>
  );
}

/** Loads the next page as soon as it comes into sight; a button for those who do not scroll. */
function More({ onMore }: { onMore: () => void }) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  useEffect(() => {
    latest.current = onMore;
  });
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) latest.current();
    });
    if (ref.current) observer.observe(ref.current);
    return () => {
      observer.disconnect();
    };
  }, []);
  return (
    <div ref={ref} className={s.alone}>
      <Button variant="plain" size="small" onPress={onMore}>
        <Trans>Show more people</Trans>
      </Button>
    </div>
  );
}
