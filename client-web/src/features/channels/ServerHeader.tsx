import { CheckCheck, ChevronDown, Drama, FolderPlus, LogOut, Plus, Settings, TriangleAlert, UserPlus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useLingui } from "@lingui/react/macro";
import { Button } from "react-aria-components";
import { useLocation } from "wouter";
import type { Server } from "@kit/api";
import { can, useSync } from "@kit/live";
import { waitingIn } from "@kit/ui/counts";
import { Menu, MenuItem, MenuSeparator } from "@kit/ui/Menu";
import { openOverlay } from "@kit/ui/overlays";
import { toastError } from "@kit/ui/Toasts";
import s from "./ChannelList.module.css";

const LeaveDialog = lazy(() => import("./LeaveDialog").then((m) => ({ default: m.LeaveDialog })));

/** A community's name, who hosts it, and the menu with what one can do in it. */
export function ServerHeader({ server }: { server: Server }) {
  const { t } = useLingui();
  const sync = useSync();
  const [, navigate] = useLocation();
  const [leaving, setLeaving] = useState(false);
  const mayManage = can(server, "manage_channels");
  const owns = server.owner === server.my_actor;
  return (
    <header className={s.head}>
      <h1 className={s.heading}>
      <Menu
        label={t`Menu of ${server.name}`}
        placement="bottom start"
        trigger={
          <Button className={s.serverButton ?? ""}>
            <span className={s.serverText}>
              <span className={s.serverName}>{server.name}</span>
              {server.hub.reachable ? (
                <small>{server.hub.catching_up ? t`catching up with ${server.hub_domain}…` : t`hosted by ${server.hub_domain}`}</small>
              ) : (
                <small className={s.away}>
                  <TriangleAlert size={12} aria-hidden="true" />
                  {t`${server.hub_domain} does not answer`}
                </small>
              )}
            </span>
            <ChevronDown size={18} aria-hidden="true" />
          </Button>
        }
      >
        {can(server, "invite") ? <MenuItem icon={<UserPlus size={18} />} onAction={() => { openOverlay({ kind: "invite", sid: server.id, channel: null }); }}>{t`Invite people`}</MenuItem> : null}
        <MenuItem icon={<Settings size={18} />} onAction={() => { navigate(`/s/${server.id}/settings`); }}>{t`Settings of the community`}</MenuItem>
        {mayManage ? <MenuItem icon={<Plus size={18} />} onAction={() => { openOverlay({ kind: "create-channel", sid: server.id, parent: null, as: "text" }); }}>{t`Create a channel`}</MenuItem> : null}
        {mayManage ? <MenuItem icon={<FolderPlus size={18} />} onAction={() => { openOverlay({ kind: "create-channel", sid: server.id, parent: null, as: "category" }); }}>{t`Create a category`}</MenuItem> : null}
        <MenuItem icon={<CheckCheck size={18} />} isDisabled={!waitingIn(server).unread} onAction={() => { void sync.markServerRead(server.id).catch(toastError); }}>{t`Mark all as read`}</MenuItem>
        <MenuSeparator />
        {can(server, "nickname") ? <MenuItem icon={<Drama size={18} />} onAction={() => { openOverlay({ kind: "server-profile", sid: server.id }); }}>{t`How you appear here`}</MenuItem> : null}
        <MenuItem danger icon={<LogOut size={18} />} isDisabled={owns} {...(owns ? { help: t`You own it. Delete it in its settings instead.` } : {})} onAction={() => { setLeaving(true); }}>{t`Leave the community`}</MenuItem>
      </Menu>
      </h1>
      {leaving ? (
        <Suspense fallback={null}>
          <LeaveDialog server={server} onClose={() => { setLeaving(false); }} onLeft={() => { navigate("/"); }} />
        </Suspense>
      ) : null}
    </header>
  );
}
