import type { Message, Reaction } from "@kit/api";
import { useUsers } from "@kit/live";
import { EmojiButton } from "@kit/emoji/EmojiButton";
import { cx } from "@kit/ui/cx";
import { nameOf } from "@kit/ui/Person";
import { Tooltip } from "@kit/ui/Tooltip";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { SmilePlus } from "lucide-react";
import { ToggleButton } from "react-aria-components";
import type { MessageActs } from "./useMessageActs";
import s from "./Message.module.css";

export function Reactions({ message, acts }: { message: Message; acts: MessageActs }) {
  const { t } = useLingui();
  if (message.reactions.length === 0) return null;
  const can = acts.can(message).react;
  return (
    <div className={s.reactions}>
      {message.reactions.map((reaction) => (
        <ReactionChip
          key={reaction.emoji}
          sid={message.sid}
          reaction={reaction}
          disabled={!can}
          onChange={(on) => acts.react(message, reaction.emoji, on)}
        />
      ))}
      {can ? (
        <EmojiButton
          label={t`Add a reaction`}
          className={s.addReaction}
          onPick={(emoji) => acts.react(message, emoji, true)}
        >
          <SmilePlus size={16} />
        </EmojiButton>
      ) : null}
    </div>
  );
}

interface ChipProps {
  sid: string;
  reaction: Reaction;
  disabled: boolean;
  onChange: (on: boolean) => void;
}

function ReactionChip({ sid, reaction, disabled, onChange }: ChipProps) {
  const { t } = useLingui();
  const people = useUsers(reaction.users, sid);
  const names = people.flatMap((user) => (user ? [nameOf(user)] : []));
  const more = reaction.count - names.length;
  const who = (
    <>
      {names.join(", ")}
      {more > 0 ? (
        <>
          {" "}
          {names.length > 0 ? <Trans>and</Trans> : null} <Plural value={more} one="# more" other="# more" />
        </>
      ) : null}
    </>
  );
  return (
    <Tooltip text={who}>
      <ToggleButton
        className={cx(s.reaction, reaction.me && s.mine)}
        isSelected={reaction.me}
        isDisabled={disabled}
        onChange={onChange}
        aria-label={t`${reaction.emoji}, ${reaction.count}`}
      >
        <span aria-hidden="true">{reaction.emoji}</span>
        <span className={s.count} aria-hidden="true">
          {reaction.count}
        </span>
      </ToggleButton>
    </Tooltip>
  );
}
