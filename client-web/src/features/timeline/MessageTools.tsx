import type { Message } from "@kit/api";
import { EmojiButton } from "@kit/emoji/EmojiButton";
import { cx } from "@kit/ui/cx";
import { IconButton } from "@kit/ui/IconButton";
import { Menu, MenuItem, MenuSeparator } from "@kit/ui/Menu";
import { useLingui } from "@lingui/react/macro";
import { CircleDot, Copy, Ellipsis, Link2, Pencil, Reply, SmilePlus, Trash2 } from "lucide-react";
import type { MessageActs } from "./useMessageActs";
import s from "./Message.module.css";

/** The small bar of acts over a message, on hover and for the keyboard. */
export function MessageTools({ message, acts, hovered }: { message: Message; acts: MessageActs; hovered: boolean }) {
  const { t } = useLingui();
  const can = acts.can(message);
  return (
    <div className={cx(s.tools, hovered && s.toolsShown)} role="toolbar" aria-label={t`Acts on this message`}>
      {can.react ? (
        <EmojiButton label={t`Add a reaction`} onPick={(emoji) => acts.react(message, emoji, true)}>
          <SmilePlus size={18} />
        </EmojiButton>
      ) : null}
      {can.reply ? (
        <IconButton label={t`Reply`} shortcut="R" onPress={() => acts.reply(message)}>
          <Reply size={18} />
        </IconButton>
      ) : null}
      {can.edit ? (
        <IconButton label={t`Edit`} shortcut="E" onPress={() => acts.edit(message)}>
          <Pencil size={17} />
        </IconButton>
      ) : null}
      <Menu
        label={t`More acts`}
        placement="bottom end"
        trigger={
          <IconButton label={t`More`}>
            <Ellipsis size={18} />
          </IconButton>
        }
      >
        <MenuItem icon={<Link2 size={16} />} onAction={() => acts.copyLink(message)}>
          {t`Copy link`}
        </MenuItem>
        <MenuItem icon={<Copy size={16} />} onAction={() => acts.copyText(message)} isDisabled={message.body === ""}>
          {t`Copy text`}
        </MenuItem>
        <MenuItem icon={<CircleDot size={16} />} onAction={() => acts.markUnread(message)}>
          {t`Mark unread from here`}
        </MenuItem>
        {can.remove ? <MenuSeparator /> : null}
        {can.remove ? (
          <MenuItem icon={<Trash2 size={16} />} danger onAction={() => acts.remove(message)}>
            {t`Delete`}
          </MenuItem>
        ) : null}
      </Menu>
    </div>
  );
}
