import { ArrowDown, ArrowUp, CheckCheck, Hash, Lock, Pencil, Trash2, UserPlus } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "wouter";
import { api, type Channel, type Server } from "@kit/api";
import { can, useSync } from "@kit/live";
import { Badge } from "@kit/ui/Badge";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { ContextMenu } from "@kit/ui/ContextMenu";
import { isUnread } from "@kit/ui/counts";
import { cx } from "@kit/ui/cx";
import { IconButton } from "@kit/ui/IconButton";
import { MenuItem, MenuSeparator } from "@kit/ui/Menu";
import { openOverlay } from "@kit/ui/overlays";
import s from "./ChannelList.module.css";

export interface ChannelRowProps {
  server: Server;
  channel: Channel;
  active: boolean;
  mayManage: boolean;
  isFirst: boolean;
  isLast: boolean;
  /** -1: one up, 1: one down. */
  onMove: (by: -1 | 1) => void;
  /** Another channel is being dragged over the list. */
  isDragging: boolean;
  onDragStart: () => void;
  onDragEnd: () => void;
  onDrop: () => void;
}

/** One channel: its name, what is unread, and its menu. */
export function ChannelRow({ server, channel, active, mayManage, isFirst, isLast, onMove, isDragging, onDragStart, onDragEnd, onDrop }: ChannelRowProps) {
  const { t } = useLingui();
  const sync = useSync();
  const [confirming, setConfirming] = useState(false);
  const [over, setOver] = useState(false);
  const unread = isUnread(channel);
  const Icon = channel.private ? Lock : Hash;
  const state = [channel.private ? t`private` : "", channel.mentions > 0 ? t`${channel.mentions} about you` : "", channel.unread > 0 ? t`${channel.unread} unread` : ""].filter(Boolean);
  const edit = () => {
    openOverlay({ kind: "edit-channel", sid: server.id, channel: channel.id });
  };
  return (
    <li
      className={cx(s.place, over && isDragging && s.over)}
      draggable={mayManage}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", channel.name);
        onDragStart();
      }}
      onDragEnd={onDragEnd}
      onDragOver={(event) => {
        if (!isDragging) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        onDrop();
      }}
    >
      <ContextMenu
        label={channel.name}
        className={s.rowFrame}
        items={
          <>
            <MenuItem icon={<CheckCheck size={18} />} isDisabled={!unread} onAction={() => { sync.markRead(server.id, channel.id); }}>{t`Mark as read`}</MenuItem>
            {can(server, "invite") ? <MenuItem icon={<UserPlus size={18} />} onAction={() => { openOverlay({ kind: "invite", sid: server.id, channel: channel.id }); }}>{t`Invite people here`}</MenuItem> : null}
            {mayManage ? (
              <>
                <MenuSeparator />
                <MenuItem icon={<Pencil size={18} />} onAction={edit}>{t`Edit channel`}</MenuItem>
                <MenuItem icon={<ArrowUp size={18} />} isDisabled={isFirst} onAction={() => { onMove(-1); }}>{t`Move up`}</MenuItem>
                <MenuItem icon={<ArrowDown size={18} />} isDisabled={isLast} onAction={() => { onMove(1); }}>{t`Move down`}</MenuItem>
                <MenuItem danger icon={<Trash2 size={18} />} onAction={() => { setConfirming(true); }}>{t`Delete channel`}</MenuItem>
              </>
            ) : null}
          </>
        }
      >
        <Link
          href={`/s/${server.id}/${channel.id}`}
          className={cx(s.row, unread && s.unread, active && s.active)}
          aria-label={[channel.name, ...state].join(", ")}
          aria-current={active ? "page" : undefined}
          draggable={false}
        >
          <Icon size={17} aria-hidden="true" />
          <span className={s.name}>{channel.name}</span>
          <Badge count={channel.mentions} />
        </Link>
        {mayManage ? (
          <IconButton label={t`Edit ${channel.name}`} className={s.edit} onPress={edit}>
            <Pencil size={14} />
          </IconButton>
        ) : null}
      </ContextMenu>
      <ConfirmDialog
        isOpen={confirming}
        onClose={() => {
          setConfirming(false);
        }}
        title={<Trans>Delete #{channel.name}?</Trans>}
        action={t`Delete channel`}
        danger
        onConfirm={() => api.channels.remove(server.id, channel.id)}
      >
        <Trans>All its messages go with it, for everybody. This cannot be undone.</Trans>
      </ConfirmDialog>
    </li>
  );
}
