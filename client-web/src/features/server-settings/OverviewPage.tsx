import { useState } from "react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { api, type Server } from "@kit/api";
import { can, useSync } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { PictureField } from "@kit/ui/PictureField";
import { fieldError } from "@kit/ui/problem";
import { groupChannels } from "@kit/ui/channel-tree";
import { SelectField } from "@kit/ui/SelectField";
import { SaveBar, Section } from "@kit/ui/SettingsLayout";
import { SwitchField } from "@kit/ui/SwitchField";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./ServerSettings.module.css";

/** The choice of no channel for notices. */
const OFF = "off";

/** Name, picture, description, and whether the community is listed. */
export function OverviewPage({ server }: { server: Server }) {
  return (
    <>
      {server.moving_to ? (
        <Note>
          <Trans>Its owner is moving this community to {server.moving_to}. You need not do anything; the admins there will be able to read what is said here.</Trans>
        </Note>
      ) : null}
      {can(server, "manage_server") ? <Edit server={server} /> : <Facts server={server} />}
    </>
  );
}

function Facts({ server }: { server: Server }) {
  return (
    <Section>
      <div className={s.facts}>
        <Avatar id={server.id} name={server.name} src={server.icon} size={80} shape="square" />
        <div>
          <h3 className={s.big}>{server.name}</h3>
          {server.description ? <p>{server.description}</p> : null}
          <p className={s.quiet}>
            <Plural value={server.member_count} one="# member" other="# members" /> · <Trans>hosted by {server.hub_domain}</Trans>
          </p>
        </div>
      </div>
    </Section>
  );
}

function Edit({ server }: { server: Server }) {
  const { t } = useLingui();
  const sync = useSync();
  const [name, setName] = useState(server.name);
  const [description, setDescription] = useState(server.description);
  const [isPublic, setPublic] = useState(server.public);
  const [notices, setNotices] = useState(server.notices ?? OFF);
  const changed = name !== server.name || description !== server.description || isPublic !== server.public || notices !== (server.notices ?? OFF);
  const channels = groupChannels(server.channels).flatMap((group) => group.channels);
  const save = useSubmit(async () => {
    const next = await api.servers.update(server.id, {
      ...(name === server.name ? {} : { name: name.trim() }),
      ...(description === server.description ? {} : { description: description.trim() }),
      ...(isPublic === server.public ? {} : { public: isPublic }),
      ...(notices === (server.notices ?? OFF) ? {} : { notices: notices === OFF ? null : notices }),
    });
    sync.addServer(next);
    setName(next.name);
    setDescription(next.description);
    setPublic(next.public);
    setNotices(next.notices ?? OFF);
  });
  return (
    <>
      <Section title={t`Picture`}>
        <PictureField
          id={server.id}
          name={server.name}
          src={server.icon}
          shape="square"
          onChange={async (picture) => {
            sync.addServer(await api.servers.setIcon(server.id, picture));
          }}
          onRemove={() => api.servers.removeIcon(server.id)}
        />
      </Section>
      <Section title={t`Name and purpose`}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (changed && name.trim()) void save.run();
          }}
        >
          <Stack>
            <TextField label={t`Name`} value={name} onChange={setName} maxLength={80} isRequired error={fieldError(save.error, "name")} />
            <TextField label={t`What is it about?`} help={t`People read it on invitations and in the list of communities.`} multiline value={description} onChange={setDescription} maxLength={1000} error={fieldError(save.error, "description")} />
            <SwitchField label={t`Show it in the list of communities`} help={t`Anybody can find it and join. Otherwise people need an invitation.`} isSelected={isPublic} onChange={setPublic} />
            <SelectField
              label={t`Notices of people coming and going`}
              help={t`Small lines between the messages of one channel, for everybody who sees it.`}
              value={notices}
              onChange={setNotices}
              options={[{ id: OFF, name: t`Off` }, ...channels.map((channel) => ({ id: channel.id, name: `#${channel.name}` }))]}
              error={fieldError(save.error, "notices")}
            />
            <FormError error={save.error} fields={["name", "description", "notices"]} />
            {changed ? (
              <SaveBar>
                <Button
                  onPress={() => {
                    setName(server.name);
                    setDescription(server.description);
                    setPublic(server.public);
                    setNotices(server.notices ?? OFF);
                    save.clear();
                  }}
                >
                  <Trans>Undo</Trans>
                </Button>
                <Button type="submit" variant="primary" isDisabled={!name.trim()} isPending={save.pending}>
                  <Trans>Save</Trans>
                </Button>
              </SaveBar>
            ) : null}
          </Stack>
        </form>
      </Section>
    </>
  );
}
