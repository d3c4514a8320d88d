import { Ellipsis, Users } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { api, type Member, type Server } from "@kit/api";
import { can, useMembers } from "@kit/live";
import { roleColour } from "@kit/theme/identity-colour";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { IconButton } from "@kit/ui/IconButton";
import { Menu, MenuItem } from "@kit/ui/Menu";
import { Handle, nameOf } from "@kit/ui/Person";
import { SearchField } from "@kit/ui/SearchField";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState, FailedState, SkeletonRows } from "@kit/ui/States";
import { MemberRolesDialog } from "./MemberRolesDialog";
import s from "./ServerSettings.module.css";

/** All members: find them, see and change their roles, remove or ban them. */
export function MembersPage({ server }: { server: Server }) {
  const { t } = useLingui();
  const [query, setQuery] = useState("");
  const q = useDeferredValue(query.trim());
  const { members, total, hasMore, loadMore, status, error, refetch } = useMembers(server.id, { q });
  return (
    <Section lead={status === "success" && !q ? <Plural value={total} one="# member" other="# members" /> : undefined}>
      <SearchField label={t`Find members`} value={query} onChange={setQuery} />
      {status === "pending" ? <SkeletonRows rows={6} label={t`Loading members`} /> : null}
      {status === "error" ? <FailedState error={error} onRetry={refetch} /> : null}
      {status === "success" && members.length === 0 ? (
        <EmptyState icon={<Users size={28} />} title={<Trans>Nobody of that name</Trans>}>
          <Trans>Try a part of the name or of the address.</Trans>
        </EmptyState>
      ) : null}
      {members.length > 0 ? (
        <ul className={s.list}>
          {members.map((member) => (
            <MemberRow key={member.user.id} server={server} member={member} onChanged={refetch} />
          ))}
        </ul>
      ) : null}
      {hasMore ? (
        <div className={s.more}>
          <Button onPress={loadMore}>
            <Trans>Show more people</Trans>
          </Button>
        </div>
      ) : null}
    </Section>
  );
}

function MemberRow({ server, member, onChanged }: { server: Server; member: Member; onChanged: () => void }) {
  const { t, i18n } = useLingui();
  const [asking, setAsking] = useState<"kick" | "ban" | "roles" | null>(null);
  const { user } = member;
  const name = nameOf(user);
  const isOwner = server.owner === user.id;
  const isMe = user.id === server.my_actor;
  const mayRoles = can(server, "manage_roles") && server.roles.some((role) => !role.everyone);
  const mayKick = can(server, "kick") && !isOwner && !isMe;
  const mayBan = can(server, "ban") && !isOwner && !isMe;
  const roles = server.roles.filter((role) => !role.everyone && member.roles.includes(role.id)).sort((one, other) => other.position - one.position);
  const close = () => {
    setAsking(null);
  };
  return (
    <li className={s.row}>
      <Avatar id={user.id} name={name} src={user.avatar} size={36} />
      <div className={s.rowText}>
        <strong>
          {name} {isOwner ? <span className={s.tag}>{t`owner`}</span> : null}
        </strong>
        <span className={s.quiet}>
          <Handle user={user} /> ·{" "}
          <span className={s.date}>
            <Trans>since {i18n.date(new Date(member.joined_at), { dateStyle: "medium" })}</Trans>
          </span>
        </span>
        {roles.length > 0 ? (
          <ul className={s.roles} aria-label={t`Roles`}>
            {roles.map((role) => (
              <li key={role.id}>
                <span className={s.swatch} style={{ background: roleColour(role.colour) ?? "var(--ink-2)" }} aria-hidden="true" />
                {role.name}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      {mayRoles || mayKick || mayBan ? (
        <Menu
          label={t`What to do with ${name}`}
          placement="bottom end"
          trigger={
            <IconButton label={t`What to do with ${name}`}>
              <Ellipsis size={18} />
            </IconButton>
          }
        >
          {mayRoles ? <MenuItem onAction={() => { setAsking("roles"); }}>{t`Change roles`}</MenuItem> : null}
          {mayKick ? <MenuItem danger onAction={() => { setAsking("kick"); }}>{t`Remove`}</MenuItem> : null}
          {mayBan ? <MenuItem danger onAction={() => { setAsking("ban"); }}>{t`Ban`}</MenuItem> : null}
        </Menu>
      ) : null}
      {asking === "roles" ? <MemberRolesDialog server={server} member={member} onClose={close} onChanged={onChanged} /> : null}
      <ConfirmDialog
        isOpen={asking === "kick" || asking === "ban"}
        onClose={close}
        title={asking === "ban" ? <Trans>Ban {name}?</Trans> : <Trans>Remove {name}?</Trans>}
        action={asking === "ban" ? t`Ban` : t`Remove`}
        danger
        askReason
        onConfirm={async (reason) => {
          if (asking === "ban") await api.members.ban(server.id, user.id, reason || undefined);
          else await api.members.kick(server.id, user.id, reason || undefined);
          onChanged();
        }}
      >
        {asking === "ban" ? <Trans>They leave {server.name} at once and cannot come back until the ban is lifted.</Trans> : <Trans>They leave {server.name} at once and can come back with an invitation.</Trans>}
      </ConfirmDialog>
    </li>
  );
}
