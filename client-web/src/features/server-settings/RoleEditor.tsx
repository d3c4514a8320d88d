import { ArrowLeft, X } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button as AriaButton } from "react-aria-components";
import { Link } from "wouter";
import { api, type Role, type Server } from "@kit/api";
import { can } from "@kit/live";
import { roleColour } from "@kit/theme/identity-colour";
import { Button } from "@kit/ui/Button";
import { cx } from "@kit/ui/cx";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { SaveBar, Section } from "@kit/ui/SettingsLayout";
import { SwitchField } from "@kit/ui/SwitchField";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { usePermissionGroups } from "./permissions";
import s from "./ServerSettings.module.css";

const palette = [0xd64545, 0xc2691c, 0x9a7d0a, 0x3f8f3f, 0x1f8a8a, 0x3b6fd4, 0x7a55d6, 0xc04a9b] as const;

/** One role: its name, colour, how it shows, and its permissions. */
export function RoleEditor({ server, role, backTo }: { server: Server; role: Role; backTo: string }) {
  const { t } = useLingui();
  const groups = usePermissionGroups();
  const [name, setName] = useState(role.name);
  const [colour, setColour] = useState(role.colour);
  const [hoist, setHoist] = useState(role.hoist);
  const [mentionable, setMentionable] = useState(role.mentionable);
  const [permissions, setPermissions] = useState<readonly string[]>(role.permissions);
  const samePermissions = permissions.length === role.permissions.length && permissions.every((id) => role.permissions.includes(id));
  const changed = name !== role.name || colour !== role.colour || hoist !== role.hoist || mentionable !== role.mentionable || !samePermissions;
  const save = useSubmit(() =>
    api.roles.update(server.id, role.id, {
      ...(name === role.name ? {} : { name: name.trim() }),
      ...(colour === role.colour ? {} : { colour }),
      ...(hoist === role.hoist ? {} : { hoist }),
      ...(mentionable === role.mentionable ? {} : { mentionable }),
      ...(samePermissions ? {} : { permissions: [...permissions] }),
    }),
  );
  const undo = () => {
    setName(role.name);
    setColour(role.colour);
    setHoist(role.hoist);
    setMentionable(role.mentionable);
    setPermissions(role.permissions);
    save.clear();
  };
  const toggle = (id: string, on: boolean) => {
    setPermissions((before) => (on ? [...before.filter((other) => other !== id), id] : before.filter((other) => other !== id)));
  };
  return (
    <>
      <Link href={backTo}>
        <span className={s.target}>
          <ArrowLeft size={16} aria-hidden="true" /> <Trans>All roles</Trans>
        </span>
      </Link>
      {role.everyone ? (
        <Section title={t`What every member may do`}>
          <p className={s.quiet}>
            <Trans>Roles can add to this; a channel can add to it and take from it.</Trans>
          </p>
        </Section>
      ) : (
        <Section title={role.name}>
          <Stack>
            <TextField label={t`Name`} value={name} onChange={setName} maxLength={60} isRequired error={fieldError(save.error, "name")} />
            <div>
              <p className={s.label} id="role-colour">
                <Trans>Colour of its members' names</Trans>
              </p>
              <div className={s.colours} role="group" aria-labelledby="role-colour">
                <AriaButton className={cx(s.colour)} aria-label={t`No colour`} aria-pressed={colour === null} onPress={() => { setColour(null); }}>
                  <X size={16} />
                </AriaButton>
                {palette.map((value) => (
                  <AriaButton key={value} className={cx(s.colour)} style={{ background: roleColour(value) }} aria-label={roleColour(value) ?? ""} aria-pressed={colour === value} onPress={() => { setColour(value); }} />
                ))}
                <input
                  type="color"
                  className={s.custom}
                  aria-label={t`Another colour`}
                  value={roleColour(colour) ?? "#888888"}
                  onChange={(event) => {
                    setColour(Number.parseInt(event.target.value.slice(1), 16));
                  }}
                />
              </div>
            </div>
            <SwitchField label={t`Show its members as a group`} help={t`They stand together at the top of the list of members.`} isSelected={hoist} onChange={setHoist} />
            <SwitchField label={t`Anybody can mention it`} help={t`Everyone can call on all its members at once.`} isSelected={mentionable} onChange={setMentionable} />
          </Stack>
        </Section>
      )}
      {groups.map((group) => (
        <Section key={group.name} title={group.name}>
          <div className={s.permission}>
            {group.permissions.map((permission) => (
              <SwitchField
                key={permission.id}
                label={permission.name}
                help={permission.help}
                isSelected={permissions.includes(permission.id)}
                isDisabled={!can(server, permission.id)}
                onChange={(on) => {
                  toggle(permission.id, on);
                }}
              />
            ))}
          </div>
        </Section>
      ))}
      <FormError error={save.error} fields={["name"]} />
      {changed ? (
        <SaveBar>
          <Button onPress={undo}>
            <Trans>Undo</Trans>
          </Button>
          <Button variant="primary" isDisabled={!name.trim()} isPending={save.pending} onPress={() => void save.run()}>
            <Trans>Save</Trans>
          </Button>
        </SaveBar>
      ) : null}
    </>
  );
}
