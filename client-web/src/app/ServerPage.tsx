import { useChannel, useServer } from "@kit/live";
import { groupChannels } from "@kit/ui/channel-tree";
import { EmptyState } from "@kit/ui/States";
import { usePhone } from "@kit/ui/useMedia";
import { MemberList } from "@/features/members/MemberList";
import { useTabBadge } from "@/features/shell/useTabBadge";
import { Trans } from "@lingui/react/macro";
import { Hash } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { Redirect } from "wouter";
import { ChatPage } from "./ChatPage";
import { Frame } from "./Frame";
import { lastChannel, rememberPlace } from "./places";
import { useWide } from "./useWide";
import s from "./App.module.css";

const MemberDrawer = lazy(() => import("./MemberDrawer").then((m) => ({ default: m.MemberDrawer })));

const MEMBERS_KEY = "conntext.members";

export interface ServerPageProps {
  sid: string;
  cid: string | null;
  message: string | null;
  onSwitcher: () => void;
}

/** A community: its channels and the open one. */
export function ServerPage({ sid, cid, message, onSwitcher }: ServerPageProps) {
  const server = useServer(sid);
  const channel = useChannel(sid, cid);
  const phone = usePhone();
  const wide = useWide();
  const [members, setMembers] = useState(() => localStorage.getItem(MEMBERS_KEY) !== "off");
  const [drawer, setDrawer] = useState(false);
  useTabBadge(channel ? `#${channel.name}` : (server?.name ?? null));
  useEffect(() => {
    if (channel) rememberPlace(sid, channel.id);
  }, [sid, channel]);

  if (!server) return <Redirect to="/" replace />;
  const texts = groupChannels(server.channels).flatMap((group) => group.channels);
  if (cid === null || !channel) {
    const last = lastChannel(sid);
    const first = texts.find((c) => c.id === last) ?? texts[0];
    if (first && (!phone || cid !== null)) return <Redirect to={`/s/${sid}/${first.id}`} replace />;
    return (
      <Frame sid={sid} cid={null} view="lists">
        <main className={s.main}>
          <EmptyState icon={<Hash size={36} strokeWidth={1.5} />} title={<Trans>No channel here yet</Trans>}>
            <Trans>Channels that you may see appear in the list.</Trans>
          </EmptyState>
        </main>
      </Frame>
    );
  }
  const toggleMembers = (): void => {
    if (!wide) {
      setDrawer(true);
      return;
    }
    setMembers(!members);
    localStorage.setItem(MEMBERS_KEY, members ? "off" : "on");
  };
  return (
    <Frame sid={sid} cid={cid} view="main" aside={wide && members ? <MemberList sid={sid} cid={channel.id} /> : null}>
      <ChatPage
        key={`${sid}/${channel.id}`}
        sid={sid}
        cid={channel.id}
        message={message}
        membersShown={wide && members}
        onMembers={toggleMembers}
        onSwitcher={onSwitcher}
      />
      {drawer && !wide ? (
        <Suspense fallback={null}>
          <MemberDrawer sid={sid} cid={channel.id} onClose={() => setDrawer(false)} />
        </Suspense>
      ) : null}
    </Frame>
  );
}
