import type { Message } from "@kit/api";
import { EmojiButton } from "@kit/emoji/EmojiButton";
import { Dialog } from "@kit/ui/Dialog";
import { useLingui } from "@lingui/react/macro";
import { CircleDot, Copy, Link2, Pencil, Reply, SmilePlus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import type { MessageActs } from "./useMessageActs";
import s from "./Message.module.css";

const QUICK = ["👍", "❤️", "😂", "😮", "🙏"];

/** The acts of a message after a long press, large enough for a thumb. */
export function MessageSheet({ message, acts, onClose }: { message: Message; acts: MessageActs; onClose: () => void }) {
  const { t } = useLingui();
  const can = acts.can(message);
  const item = (icon: ReactNode, text: string, run: () => void, danger = false): ReactNode => (
    <Button
      className={danger ? `${s.sheetItem} ${s.sheetDanger}` : (s.sheetItem ?? "")}
      onPress={() => {
        onClose();
        run();
      }}
    >
      {icon}
      {text}
    </Button>
  );
  return (
    <Dialog isOpen onClose={onClose} title={t`Message`} size="small">
      {can.react ? (
        <div className={s.quick}>
          {QUICK.map((emoji) => (
            <Button
              key={emoji}
              className={s.quickEmoji ?? ""}
              aria-label={t`React with ${emoji}`}
              onPress={() => {
                acts.react(message, emoji, true);
                onClose();
              }}
            >
              {emoji}
            </Button>
          ))}
          <EmojiButton
            label={t`Other reaction`}
            className={s.quickEmoji}
            onPick={(emoji) => {
              acts.react(message, emoji, true);
              onClose();
            }}
          >
            <SmilePlus size={22} />
          </EmojiButton>
        </div>
      ) : null}
      {can.reply ? item(<Reply size={20} />, t`Reply`, () => acts.reply(message)) : null}
      {can.edit ? item(<Pencil size={20} />, t`Edit`, () => acts.edit(message)) : null}
      {message.body ? item(<Copy size={20} />, t`Copy text`, () => acts.copyText(message)) : null}
      {item(<Link2 size={20} />, t`Copy link`, () => acts.copyLink(message))}
      {item(<CircleDot size={20} />, t`Mark unread from here`, () => acts.markUnread(message))}
      {can.remove ? item(<Trash2 size={20} />, t`Delete`, () => acts.remove(message), true) : null}
    </Dialog>
  );
}
