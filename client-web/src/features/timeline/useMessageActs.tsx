import type { Message } from "@kit/api";
import { can as allowed, useServer, useSync } from "@kit/live";
import { toast, toastError } from "@kit/ui/Toasts";
import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";

export interface Allowed {
  react: boolean;
  reply: boolean;
  edit: boolean;
  remove: boolean;
}

/** Everything one can do with a message. */
export interface MessageActs {
  can(message: Message): Allowed;
  react(message: Message, emoji: string, on: boolean): void;
  reply(message: Message): void;
  edit(message: Message): void;
  remove(message: Message): void;
  markUnread(message: Message): void;
  copyText(message: Message): void;
  copyLink(message: Message): void;
}

export interface ActHandlers {
  onReply: (message: Message) => void;
  onEdit: (message: Message) => void;
  onRemove: (message: Message) => void;
  onMarkUnread: (message: Message) => void;
}

/** The permanent address of a message. */
export function messageLink(message: Message): string {
  return `${window.location.origin}/s/${message.sid}/${message.channel}/${message.id}`;
}

export function useMessageActs(sid: string, cid: string, handlers: ActHandlers): MessageActs {
  const { t } = useLingui();
  const sync = useSync();
  const server = useServer(sid);
  const { onReply, onEdit, onRemove, onMarkUnread } = handlers;
  const copied = t`Copied.`;
  const refused = t`The browser did not allow to copy.`;
  return useMemo(() => {
    const rights = {
      react: allowed(server, "react", cid),
      send: allowed(server, "send", cid),
      manage: allowed(server, "manage_messages", cid),
    };
    const copy = (text: string): void => {
      navigator.clipboard.writeText(text).then(
        () => toast(copied),
        () => toast(refused),
      );
    };
    return {
      can: (message) => {
        const mine = message.author === server?.my_actor;
        return { react: rights.react, reply: rights.send, edit: mine && rights.send, remove: mine || rights.manage };
      },
      react: (message, emoji, on) => void sync.react(message, emoji, on).catch(toastError),
      reply: onReply,
      edit: onEdit,
      remove: onRemove,
      markUnread: onMarkUnread,
      copyText: (message) => copy(message.body),
      copyLink: (message) => copy(messageLink(message)),
    };
  }, [server, cid, sync, onReply, onEdit, onRemove, onMarkUnread, copied, refused]);
}
