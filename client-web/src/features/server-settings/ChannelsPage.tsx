import { Folder, FolderPlus, Hash, Lock, Pencil, Plus } from "lucide-react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useLocation } from "wouter";
import type { Channel, Server } from "@kit/api";
import { can } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { groupChannels } from "@kit/ui/channel-tree";
import { cx } from "@kit/ui/cx";
import { IconButton } from "@kit/ui/IconButton";
import { openOverlay } from "@kit/ui/overlays";
import { Row } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState } from "@kit/ui/States";
import { ChannelPermissions } from "./ChannelPermissions";
import s from "./ServerSettings.module.css";

/** The channels of a community; each opens with who may do what in it. */
export function ChannelsPage({ server }: { server: Server }) {
  const { t } = useLingui();
  const base = `/s/${server.id}/settings/channels`;
  const [location] = useLocation();
  const chosen = location.startsWith(`${base}/`) ? server.channels.find((channel) => channel.id === decodeURIComponent(location.slice(base.length + 1))) : undefined;
  if (chosen && can(server, "manage_roles")) return <ChannelPermissions key={chosen.id} server={server} channel={chosen} backTo={base} />;
  const groups = groupChannels(server.channels);
  const mayManage = can(server, "manage_channels");
  return (
    <Section
      lead={t`Open one to set who may see it and what they may do in it.`}
      action={
        mayManage ? (
          <Row>
            <Button icon={<FolderPlus size={16} />} onPress={() => { openOverlay({ kind: "create-channel", sid: server.id, parent: null, as: "category" }); }}>
              <Trans>New category</Trans>
            </Button>
            <Button variant="primary" icon={<Plus size={16} />} onPress={() => { openOverlay({ kind: "create-channel", sid: server.id, parent: null, as: "text" }); }}>
              <Trans>New channel</Trans>
            </Button>
          </Row>
        ) : null
      }
    >
      {groups.length === 0 ? (
        <EmptyState icon={<Hash size={28} />} title={<Trans>No channels</Trans>} />
      ) : (
        <ul className={s.list}>
          {groups.flatMap((group) => [
            ...(group.category ? [<ChannelLine key={group.category.id} server={server} channel={group.category} base={base} />] : []),
            ...group.channels.map((channel) => <ChannelLine key={channel.id} server={server} channel={channel} base={base} inside={group.category !== null} />),
          ])}
        </ul>
      )}
    </Section>
  );
}

function ChannelLine({ server, channel, base, inside }: { server: Server; channel: Channel; base: string; inside?: boolean }) {
  const { t } = useLingui();
  const Icon = channel.kind === "category" ? Folder : channel.private ? Lock : Hash;
  const content = (
    <>
      <Icon size={18} aria-hidden="true" />
      <span>{channel.name}</span>
      {channel.private ? <small className={s.tag}>{t`private`}</small> : null}
    </>
  );
  return (
    <li className={cx(s.row, inside && s.indent)}>
      {can(server, "manage_roles") ? (
        <Link href={`${base}/${channel.id}`} className={s.link}>
          {content}
        </Link>
      ) : (
        <span className={s.link}>{content}</span>
      )}
      {can(server, "manage_channels", channel.id) ? (
        <IconButton label={t`Edit ${channel.name}`} onPress={() => { openOverlay({ kind: "edit-channel", sid: server.id, channel: channel.id }); }}>
          <Pencil size={16} />
        </IconButton>
      ) : null}
    </li>
  );
}
