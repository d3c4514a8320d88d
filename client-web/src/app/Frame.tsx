import { useServers } from "@kit/live";
import { waitingIn } from "@kit/ui/counts";
import { Badge } from "@kit/ui/Badge";
import { cx } from "@kit/ui/cx";
import { usePhone } from "@kit/ui/useMedia";
import { ChannelList } from "@/features/channels/ChannelList";
import { MePanel } from "@/features/profile/MePanel";
import { ServerRail } from "@/features/servers/ServerRail";
import { Trans, useLingui } from "@lingui/react/macro";
import { LayoutGrid, MessageSquare, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { lastChannel, lastPlace } from "./places";
import s from "./App.module.css";

export interface FrameProps {
  sid: string | null;
  cid: string | null;
  /** What a phone shows: the lists, or the page. */
  view: "lists" | "main";
  children: ReactNode;
  /** The panel at the end, on wide screens. */
  aside?: ReactNode;
}

/** Rail, channels, page and panel; on phones one of them at a time, with tabs below. */
export function Frame({ sid, cid, view, children, aside }: FrameProps) {
  const { t } = useLingui();
  const phone = usePhone();
  const lists = (
    <div className={cx(s.lists, sid === null && s.railOnly)}>
      <div className={s.rail}>
        <ServerRail activeSid={sid} />
      </div>
      {sid !== null ? (
        <div className={s.side}>
          <ChannelList sid={sid} activeCid={cid} />
          <MePanel />
        </div>
      ) : phone && view === "lists" ? (
        <div className={s.side} />
      ) : null}
    </div>
  );
  if (phone) {
    return (
      <div className={s.phone}>
        {view === "lists" ? (
          <main className={s.phoneMain}>{lists}</main>
        ) : (
          <div className={s.phoneMain}>{children}</div>
        )}
        <Tabs current={view === "lists" ? "lists" : "main"} sid={sid} />
      </div>
    );
  }
  return (
    <div className={cx(s.frame, aside ? s.withAside : null)}>
      {lists}
      {children}
      {aside ? (
        <aside className={s.aside} aria-label={t`Members`}>
          {aside}
        </aside>
      ) : null}
    </div>
  );
}

function Tabs({ current, sid }: { current: "lists" | "main"; sid: string | null }) {
  const { t } = useLingui();
  const servers = useServers();
  const last = lastPlace();
  const here = sid ?? last?.sid ?? servers[0]?.id ?? null;
  const channel = here ? lastChannel(here) : null;
  const mentions = servers.reduce((sum, server) => sum + waitingIn(server).mentions, 0);
  const listsHref = here ? `/s/${here}` : "/";
  return (
    <nav className={s.tabs} aria-label={t`Main parts`}>
      <Link
        href={listsHref}
        className={cx(s.tab, current === "lists" && s.tabOn)}
        aria-current={current === "lists" ? "page" : undefined}
      >
        <span className={s.tabIcon}>
          <LayoutGrid size={22} aria-hidden="true" />
          <Badge count={mentions} />
        </span>
        <Trans>Servers</Trans>
      </Link>
      <Link
        href={here && channel ? `/s/${here}/${channel}` : listsHref}
        className={cx(s.tab, current === "main" && s.tabOn)}
        aria-current={current === "main" ? "page" : undefined}
      >
        <MessageSquare size={22} aria-hidden="true" />
        <Trans>Chat</Trans>
      </Link>
      <Link href="/settings" className={s.tab}>
        <UserRound size={22} aria-hidden="true" />
        <Trans>You</Trans>
      </Link>
    </nav>
  );
}
