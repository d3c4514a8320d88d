import { Ban, Drama, Plus, UserMinus, X } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button as AriaButton } from "react-aria-components";
import { api, type Server, type User } from "@kit/api";
import { can } from "@kit/live";
import { roleColour } from "@kit/theme/identity-colour";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Menu, MenuItem } from "@kit/ui/Menu";
import { nameOf } from "@kit/ui/Person";
import { useSubmit } from "@kit/ui/useSubmit";
import { useMember } from "./useMember";
import s from "./ProfileCard.module.css";

export interface MembershipProps {
  server: Server;
  user: User;
  /** They are not a member any more. */
  onGone: () => void;
  readOnly?: boolean;
}

/** Somebody's place in one community: since when, their roles, and what a moderator may do about them. */
export function Membership({ server, user, onGone, readOnly }: MembershipProps) {
  const { t, i18n } = useLingui();
  const { member, refetch } = useMember(server.id, user);
  const [asking, setAsking] = useState<"kick" | "ban" | null>(null);
  const change = useSubmit(async (roles: string[]) => {
    await api.members.change(server.id, user.id, { roles });
    refetch();
  });
  const owner = server.owner === user.id;
  const mayRoles = !readOnly && can(server, "manage_roles");
  const mayHide = !readOnly && !owner && can(server, "manage_nicknames") && (member?.plain || user.here);
  const hide = useSubmit(async (plain: boolean) => {
    await api.members.change(server.id, user.id, { plain });
    refetch();
  });
  const mayKick = !readOnly && !owner && can(server, "kick");
  const mayBan = !readOnly && !owner && can(server, "ban");
  const roles = server.roles.filter((role) => !role.everyone).sort((one, other) => other.position - one.position);
  const theirs = roles.filter((role) => member?.roles.includes(role.id));
  const others = roles.filter((role) => !member?.roles.includes(role.id));
  const name = nameOf(user);
  return (
    <>
      <section>
        <h3 className={s.label}>{server.name}</h3>
        {member ? (
          <p className={s.quiet}>
            {owner ? t`owner` : t`member`} · <Trans>since {i18n.date(new Date(member.joined_at), { dateStyle: "long" })}</Trans>
          </p>
        ) : null}
        {member && (theirs.length > 0 || mayRoles) ? (
          <ul className={s.roles} aria-label={t`Roles`}>
            {theirs.map((role) => (
              <li key={role.id} className={s.role}>
                <span className={s.swatch} style={{ background: roleColour(role.colour) ?? "var(--ink-2)" }} aria-hidden="true" />
                {role.name}
                {mayRoles ? (
                  <AriaButton
                    className={s.drop ?? ""}
                    aria-label={t`Take the role ${role.name} from ${name}`}
                    onPress={() => void change.run(member.roles.filter((id) => id !== role.id))}
                  >
                    <X size={12} />
                  </AriaButton>
                ) : null}
              </li>
            ))}
            {mayRoles && others.length > 0 ? (
              <li>
                <Menu
                  label={t`Give a role`}
                  trigger={
                    <AriaButton className={s.addRole ?? ""} aria-label={t`Give ${name} a role`}>
                      <Plus size={14} />
                    </AriaButton>
                  }
                >
                  {others.map((role) => (
                    <MenuItem key={role.id} onAction={() => void change.run([...member.roles, role.id])}>
                      {role.name}
                    </MenuItem>
                  ))}
                </Menu>
              </li>
            ) : null}
          </ul>
        ) : null}
        <FormError error={change.error ?? hide.error} />
      </section>
      {mayKick || mayBan || mayHide ? (
        <div className={s.acts}>
          {mayHide && member ? (
            <Button size="small" icon={<Drama size={16} />} isPending={hide.pending} onPress={() => void hide.run(!member.plain)}>
              {member.plain ? <Trans>Let them choose a name</Trans> : <Trans>Show the usual name</Trans>}
            </Button>
          ) : null}
          {mayKick && member ? (
            <Button size="small" icon={<UserMinus size={16} />} onPress={() => { setAsking("kick"); }}>
              <Trans>Remove</Trans>
            </Button>
          ) : null}
          {mayBan ? (
            <Button size="small" icon={<Ban size={16} />} onPress={() => { setAsking("ban"); }}>
              <Trans>Ban</Trans>
            </Button>
          ) : null}
        </div>
      ) : null}
      <ConfirmDialog
        isOpen={asking !== null}
        onClose={() => {
          setAsking(null);
        }}
        title={asking === "ban" ? <Trans>Ban {name}?</Trans> : <Trans>Remove {name}?</Trans>}
        action={asking === "ban" ? t`Ban` : t`Remove`}
        danger
        askReason
        onConfirm={async (reason) => {
          if (asking === "ban") await api.members.ban(server.id, user.id, reason || undefined);
          else await api.members.kick(server.id, user.id, reason || undefined);
          onGone();
        }}
      >
        {asking === "ban" ? <Trans>They leave {server.name} at once and cannot come back until the ban is lifted.</Trans> : <Trans>They leave {server.name} at once and can come back with an invitation.</Trans>}
      </ConfirmDialog>
    </>
  );
}
