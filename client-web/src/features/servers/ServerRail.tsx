import { ArrowDown, ArrowUp, CheckCheck, Compass, Link2, Plus, PlusCircle, Settings, UserPlus } from "lucide-react";
import { useState, type DragEvent } from "react";
import { useLingui } from "@lingui/react/macro";
import { Button, Focusable } from "react-aria-components";
import { Link, useLocation } from "wouter";
import type { Server } from "@kit/api";
import { can, useServers, useSync } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { Badge } from "@kit/ui/Badge";
import { ContextMenu } from "@kit/ui/ContextMenu";
import { waitingIn } from "@kit/ui/counts";
import { cx } from "@kit/ui/cx";
import { Menu, MenuItem, MenuSeparator } from "@kit/ui/Menu";
import { openOverlay } from "@kit/ui/overlays";
import { toastError } from "@kit/ui/Toasts";
import { Tooltip } from "@kit/ui/Tooltip";
import { moved } from "./order";
import s from "./ServerRail.module.css";

/** The person's communities, one picture each, with what waits in them. Order by dragging or by the menu of each. Stands in a landmark of the app. */
export function ServerRail({ activeSid }: { activeSid: string | null }) {
  const { t } = useLingui();
  const servers = useServers();
  const sync = useSync();
  const [, navigate] = useLocation();
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);

  const reorder = (sid: string, to: number) => {
    const order = servers.map((server) => server.id);
    void sync.setServerOrder(moved(order, sid, to)).catch(toastError);
  };

  return (
    <div className={s.rail}>
      <ul className={s.list}>
        {servers.map((server, index) => (
          <li
            key={server.id}
            className={cx(s.place, over === server.id && dragged !== server.id && s.over)}
            draggable
            onDragStart={(event: DragEvent) => {
              event.dataTransfer.effectAllowed = "move";
              event.dataTransfer.setData("text/plain", server.name);
              setDragged(server.id);
            }}
            onDragOver={(event: DragEvent) => {
              if (!dragged) return;
              event.preventDefault();
              setOver(server.id);
            }}
            onDrop={(event: DragEvent) => {
              event.preventDefault();
              if (dragged && dragged !== server.id) reorder(dragged, index);
              setDragged(null);
              setOver(null);
            }}
            onDragEnd={() => {
              setDragged(null);
              setOver(null);
            }}
          >
            <ContextMenu
              label={server.name}
              items={<ServerItems server={server} index={index} last={servers.length - 1} onMove={reorder} />}
            >
              <ServerLink server={server} active={server.id === activeSid} />
            </ContextMenu>
          </li>
        ))}
      </ul>
      {servers.length > 0 ? <hr className={s.separator} /> : null}
      <Menu
        label={t`Add a community`}
        placement="end top"
        trigger={
          <Button className={s.add ?? ""} aria-label={t`Add a community`}>
            <Plus size={20} />
          </Button>
        }
      >
        <MenuItem icon={<PlusCircle size={18} />} onAction={() => { openOverlay({ kind: "create-server" }); }}>{t`Create a community`}</MenuItem>
        <MenuItem icon={<Link2 size={18} />} onAction={() => { openOverlay({ kind: "join-by-link" }); }}>{t`Join with an invitation`}</MenuItem>
        <MenuItem icon={<Compass size={18} />} onAction={() => { navigate("/directory"); }}>{t`Find communities`}</MenuItem>
      </Menu>
    </div>
  );
}

function ServerLink({ server, active }: { server: Server; active: boolean }) {
  const { t } = useLingui();
  const { unread, mentions } = waitingIn(server);
  const name = mentions > 0 ? t`${server.name}, ${mentions} about you` : unread ? t`${server.name}, unread` : server.name;
  return (
    <Tooltip text={server.name} placement="end">
      <Focusable>
        <Link href={`/s/${server.id}`} className={cx(s.server, active && s.active, unread && s.unread)} aria-label={name} aria-current={active ? "page" : undefined} draggable={false}>
          <Avatar id={server.id} name={server.name} src={server.icon} size={42} shape="square" />
          {mentions > 0 ? (
            <span className={s.badge}>
              <Badge count={mentions} />
            </span>
          ) : null}
        </Link>
      </Focusable>
    </Tooltip>
  );
}

function ServerItems({ server, index, last, onMove }: { server: Server; index: number; last: number; onMove: (sid: string, to: number) => void }) {
  const { t } = useLingui();
  const sync = useSync();
  const [, navigate] = useLocation();
  return (
    <>
      <MenuItem icon={<CheckCheck size={18} />} isDisabled={!waitingIn(server).unread} onAction={() => { void sync.markServerRead(server.id).catch(toastError); }}>{t`Mark all as read`}</MenuItem>
      {can(server, "invite") ? <MenuItem icon={<UserPlus size={18} />} onAction={() => { openOverlay({ kind: "invite", sid: server.id, channel: null }); }}>{t`Invite people`}</MenuItem> : null}
      <MenuItem icon={<Settings size={18} />} onAction={() => { navigate(`/s/${server.id}/settings`); }}>{t`Settings of the community`}</MenuItem>
      <MenuSeparator />
      <MenuItem icon={<ArrowUp size={18} />} isDisabled={index === 0} onAction={() => { onMove(server.id, index - 1); }}>{t`Move up`}</MenuItem>
      <MenuItem icon={<ArrowDown size={18} />} isDisabled={index === last} onAction={() => { onMove(server.id, index + 1); }}>{t`Move down`}</MenuItem>
    </>
  );
}
