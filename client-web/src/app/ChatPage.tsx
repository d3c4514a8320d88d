import type { Message } from "@kit/api";
import { channelKey } from "@kit/sync";
import { useChannel, useSync } from "@kit/live";
import { IconButton } from "@kit/ui/IconButton";
import { Composer } from "@/features/composer/Composer";
import { replyMode, type ComposerMode } from "@/features/composer/ModeBar";
import { Attachments } from "@/features/media/Attachments";
import { QuietBar } from "@/features/shell/QuietBar";
import { TypingLine } from "@/features/shell/TypingLine";
import { Timeline } from "@/features/timeline/Timeline";
import { Trans, useLingui } from "@lingui/react/macro";
import { Hash, Lock, Users } from "lucide-react";
import { useCallback, useState, type ReactNode } from "react";
import { Button } from "react-aria-components";
import s from "./App.module.css";

export interface ChatPageProps {
  sid: string;
  cid: string;
  /** From a permanent link. */
  message: string | null;
  membersShown: boolean;
  onMembers: () => void;
  onSwitcher: () => void;
}

/** One channel: its head, its messages, and where one writes. */
export function ChatPage({ sid, cid, message, membersShown, onMembers, onSwitcher }: ChatPageProps) {
  const { t } = useLingui();
  const sync = useSync();
  const channel = useChannel(sid, cid);
  const [mode, setMode] = useState<ComposerMode | null>(() => {
    const reply = sync.draft(sid, cid)?.replyTo;
    return reply
      ? replyMode({ id: reply.id, sid, author: reply.author ?? "", body: reply.excerpt ?? "", cn: reply.cn })
      : null;
  });
  const onReply = useCallback((to: Message) => setMode(replyMode(to)), []);
  const onEdit = useCallback((which: Message) => setMode({ kind: "edit", message: which }), []);
  const attachments = useCallback((of: Message): ReactNode => <Attachments message={of} />, []);
  const onEditLast = useCallback(() => {
    const me = sync.state.servers[sid]?.my_actor;
    const own = sync.state.windows[channelKey(sid, cid)]?.messages.findLast((m) => m.author === me && !m.deleted);
    if (own) setMode({ kind: "edit", message: own });
  }, [sync, sid, cid]);

  if (!channel) return null;
  return (
    <main className={s.main}>
      <header className={s.top}>
        {channel.private ? (
          <Lock size={19} className={s.sign} aria-label={t`Private channel`} />
        ) : (
          <Hash size={20} className={s.sign} aria-hidden="true" />
        )}
        <h1 className={s.channelName}>{channel.name}</h1>
        <p className={s.topic} title={channel.topic}>
          {channel.topic}
        </p>
        <IconButton label={membersShown ? t`Hide members` : t`Show members`} placement="bottom" onPress={onMembers}>
          <Users size={19} />
        </IconButton>
        <Button className={s.find ?? ""} onPress={onSwitcher}>
          <Trans>Go to…</Trans>
          <kbd>Ctrl K</kbd>
        </Button>
      </header>
      <Timeline
        sid={sid}
        cid={cid}
        target={message}
        chosen={mode?.message.id ?? null}
        onReply={onReply}
        onEdit={onEdit}
        attachments={attachments}
      />
      <QuietBar sid={sid} cid={cid} />
      <Composer sid={sid} cid={cid} mode={mode} onMode={setMode} onEditLast={onEditLast} />
      <TypingLine sid={sid} cid={cid} />
    </main>
  );
}
