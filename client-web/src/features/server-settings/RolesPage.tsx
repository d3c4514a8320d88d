import { ArrowDown, ArrowUp, Ellipsis, Plus, Shield, Trash2, Users } from "lucide-react";
import { useState } from "react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Link, useLocation } from "wouter";
import { api, type Role, type Server } from "@kit/api";
import { roleColour } from "@kit/theme/identity-colour";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { IconButton } from "@kit/ui/IconButton";
import { Menu, MenuItem } from "@kit/ui/Menu";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState } from "@kit/ui/States";
import { toastError } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import { RoleEditor } from "./RoleEditor";
import { planRoleMove, sortRoles } from "./role-order";
import s from "./ServerSettings.module.css";

/** The roles of a community in their order of rank; each opens in its editor. */
export function RolesPage({ server }: { server: Server }) {
  const { t } = useLingui();
  const base = `/s/${server.id}/settings/roles`;
  const [location, navigate] = useLocation();
  const chosen = location.startsWith(`${base}/`) ? server.roles.find((role) => role.id === decodeURIComponent(location.slice(base.length + 1))) : undefined;
  const create = useSubmit(async () => {
    const role = await api.roles.create(server.id, { name: t`new role`, permissions: [] });
    navigate(`${base}/${role.id}`);
  });
  if (chosen) return <RoleEditor key={chosen.id} server={server} role={chosen} backTo={base} />;
  const everyone = server.roles.find((role) => role.everyone);
  const ranked = sortRoles(server.roles);
  return (
    <>
      <Section
        lead={t`A role gives its permissions to those who have it. Who stands higher can change and remove those below.`}
        action={
          <Button variant="primary" icon={<Plus size={16} />} isPending={create.pending} onPress={() => void create.run()}>
            <Trans>New role</Trans>
          </Button>
        }
      >
        <FormError error={create.error} />
        {ranked.length > 0 ? (
          <ul className={s.list}>
            {ranked.map((role, index) => (
              <RoleRow key={role.id} server={server} role={role} index={index} last={ranked.length - 1} base={base} />
            ))}
          </ul>
        ) : (
          <EmptyState icon={<Shield size={28} />} title={<Trans>No roles yet</Trans>}>
            <Trans>Everybody may do the same. Make a role for those who look after the community.</Trans>
          </EmptyState>
        )}
      </Section>
      {everyone ? (
        <Section title={t`Everybody`}>
          <div className={s.list}>
            <div className={s.row}>
              <Link href={`${base}/${everyone.id}`} className={s.link}>
                <Users size={18} aria-hidden="true" />
                <span>
                  <Trans>What every member may do</Trans>
                </span>
              </Link>
            </div>
          </div>
        </Section>
      ) : null}
    </>
  );
}

function RoleRow({ server, role, index, last, base }: { server: Server; role: Role; index: number; last: number; base: string }) {
  const { t } = useLingui();
  const [asking, setAsking] = useState(false);
  const move = (to: number) => {
    void (async () => {
      for (const change of planRoleMove(server.roles, role.id, to)) await api.roles.update(server.id, change.id, { position: change.position });
    })().catch(toastError);
  };
  return (
    <li className={s.row}>
      <Link href={`${base}/${role.id}`} className={s.link}>
        <span className={s.swatch} style={{ background: roleColour(role.colour) ?? "var(--ink-2)" }} aria-hidden="true" />
        <span>{role.name}</span>
      </Link>
      <span className={s.quiet}>{role.permissions.includes("admin") ? t`everything` : <Plural value={role.permissions.length} _0="no permissions" one="# permission" other="# permissions" />}</span>
      <Menu
        label={t`What to do with ${role.name}`}
        placement="bottom end"
        trigger={
          <IconButton label={t`What to do with ${role.name}`}>
            <Ellipsis size={18} />
          </IconButton>
        }
      >
        <MenuItem icon={<ArrowUp size={18} />} isDisabled={index === 0} onAction={() => { move(index - 1); }}>{t`Move up`}</MenuItem>
        <MenuItem icon={<ArrowDown size={18} />} isDisabled={index === last} onAction={() => { move(index + 1); }}>{t`Move down`}</MenuItem>
        <MenuItem danger icon={<Trash2 size={18} />} onAction={() => { setAsking(true); }}>{t`Delete role`}</MenuItem>
      </Menu>
      <ConfirmDialog
        isOpen={asking}
        onClose={() => {
          setAsking(false);
        }}
        title={<Trans>Delete the role {role.name}?</Trans>}
        action={t`Delete role`}
        danger
        onConfirm={() => api.roles.remove(server.id, role.id)}
      >
        <Trans>Its members lose what it allowed them.</Trans>
      </ConfirmDialog>
    </li>
  );
}
