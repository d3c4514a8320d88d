import { ArrowLeft, Check, Minus, Plus, Shield, Users, X } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button as AriaButton } from "react-aria-components";
import { Link } from "wouter";
import { api, type Channel, type Override, type Server } from "@kit/api";
import { useUsers } from "@kit/live";
import { roleColour } from "@kit/theme/identity-colour";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { ChoiceField } from "@kit/ui/ChoiceField";
import { cx } from "@kit/ui/cx";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { nameOf } from "@kit/ui/Person";
import { SaveBar, Section } from "@kit/ui/SettingsLayout";
import { SwitchField } from "@kit/ui/SwitchField";
import { TargetPicker } from "@kit/ui/TargetPicker";
import { useSubmit } from "@kit/ui/useSubmit";
import { overrideChanges, standOf, withStand } from "./overrides";
import { usePermissionGroups } from "./permissions";
import { sortRoles } from "./role-order";
import s from "./ServerSettings.module.css";

/** Who may do what in one channel: for everybody, for roles and for single people, beyond what their roles say. */
export function ChannelPermissions({ server, channel, backTo }: { server: Server; channel: Channel; backTo: string }) {
  const { t } = useLingui();
  const permissions = usePermissionGroups()
    .flatMap((group) => group.permissions)
    .filter((permission) => permission.inChannel);
  const everyone = server.roles.find((role) => role.everyone);
  const [overrides, setOverrides] = useState<Override[]>(channel.overrides);
  const [extra, setExtra] = useState<string[]>([]);
  const [target, setTarget] = useState(everyone?.id ?? "");
  const [adding, setAdding] = useState(false);
  const targets = [...new Set([...(everyone ? [everyone.id] : []), ...sortRoles(server.roles).map((role) => role.id), ...overrides.map((override) => override.target), ...extra])].filter(
    (id) => id === everyone?.id || extra.includes(id) || overrides.some((override) => override.target === id),
  );
  const people = useUsers(targets, server.id);
  const changes = overrideChanges(channel.overrides, overrides);
  const save = useSubmit(async () => {
    for (const { target: id, to } of changes) {
      if (to) await api.channels.setOverride(server.id, channel.id, id, to);
      else await api.channels.removeOverride(server.id, channel.id, id);
    }
  });
  const current = overrides.find((override) => override.target === target);
  const isPrivate = everyone ? standOf(overrides.find((override) => override.target === everyone.id), "view") === "deny" : false;
  const title = channel.kind === "text" ? `#${channel.name}` : channel.name;
  return (
    <>
      <Link href={backTo}>
        <span className={s.target}>
          <ArrowLeft size={16} aria-hidden="true" /> <Trans>All channels</Trans>
        </span>
      </Link>
      <Section title={title}>
        {everyone ? (
          <SwitchField
            label={t`Private`}
            help={t`Only the roles and people whom you allow to see it find it.`}
            isSelected={isPrivate}
            onChange={(on) => {
              const hidden = withStand(overrides, everyone.id, "view", on ? "deny" : "inherit");
              setOverrides(on && server.owner !== server.my_actor ? withStand(hidden, server.my_actor, "view", "allow") : hidden);
            }}
          />
        ) : null}
      </Section>
      <Section title={t`Who`} lead={t`What is set for a person counts more than what is set for a role; a role counts more than everybody.`}>
        <div className={s.targets}>
          {targets.map((id) => {
            const role = server.roles.find((candidate) => candidate.id === id);
            const user = people.find((candidate) => candidate?.id === id);
            const name = role ? (role.everyone ? t`Everybody` : role.name) : user ? nameOf(user) : id;
            return (
              <AriaButton key={id} className={cx(s.target)} aria-pressed={id === target} onPress={() => { setTarget(id); }}>
                {role?.everyone ? <Users size={16} aria-hidden="true" /> : role ? <Shield size={16} style={{ color: roleColour(role.colour) }} aria-hidden="true" /> : user ? <Avatar id={user.id} name={name} src={user.avatar} size={20} /> : null}
                {name}
              </AriaButton>
            );
          })}
          <Button variant="plain" icon={<Plus size={16} />} onPress={() => { setAdding(true); }}>
            <Trans>Add</Trans>
          </Button>
        </div>
        <div className={cx(s.permission, s.matrix)}>
          {permissions.map((permission) => (
            <div key={permission.id} className={s.matrixRow}>
              <div className={s.matrixText}>
                <strong>{permission.name}</strong>
                <p className={s.quiet}>{permission.help}</p>
              </div>
              <ChoiceField
                label={permission.name}
                labelHidden
                value={standOf(current, permission.id)}
                onChange={(stand) => {
                  setOverrides(withStand(overrides, target, permission.id, stand));
                }}
                choices={[
                  { id: "deny", name: t`Deny`, icon: <X size={14} aria-hidden="true" /> },
                  { id: "inherit", name: t`Not set`, icon: <Minus size={14} aria-hidden="true" /> },
                  { id: "allow", name: t`Allow`, icon: <Check size={14} aria-hidden="true" /> },
                ]}
              />
            </div>
          ))}
        </div>
      </Section>
      <FormError error={save.error} />
      {changes.length > 0 ? (
        <SaveBar>
          <Button
            onPress={() => {
              setOverrides(channel.overrides);
              save.clear();
            }}
          >
            <Trans>Undo</Trans>
          </Button>
          <Button variant="primary" isPending={save.pending} onPress={() => void save.run()}>
            <Trans>Save</Trans>
          </Button>
        </SaveBar>
      ) : null}
      {adding ? (
        <AddTargets
          server={server}
          without={targets}
          onClose={() => {
            setAdding(false);
          }}
          onAdd={(ids) => {
            setExtra([...extra, ...ids]);
            setTarget(ids[0] ?? target);
            setAdding(false);
          }}
        />
      ) : null}
    </>
  );
}

function AddTargets({ server, without, onClose, onAdd }: { server: Server; without: readonly string[]; onClose: () => void; onAdd: (ids: string[]) => void }) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title={<Trans>Add roles and people</Trans>}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button variant="primary" isDisabled={chosen.length === 0} onPress={() => { onAdd(chosen); }}>
            <Trans>Add</Trans>
          </Button>
        </>
      }
    >
      <TargetPicker sid={server.id} roles={server.roles} label={t`Find roles and people`} value={chosen} onChange={setChosen} without={without} />
    </Dialog>
  );
}
