import type { Message } from "@kit/api";
import { useUser } from "@kit/live";
import { IconButton } from "@kit/ui/IconButton";
import { nameOf } from "@kit/ui/Person";
import { cx } from "@kit/ui/cx";
import { Trans, useLingui } from "@lingui/react/macro";
import { Bell, BellOff, Pencil, Reply, X } from "lucide-react";
import { ToggleButton } from "react-aria-components";
import s from "./Composer.module.css";

/** What the text field is for, besides a new message. */
export type ComposerMode =
  { kind: "reply"; message: Pick<Message, "id" | "sid" | "author" | "body" | "cn"> } | { kind: "edit"; message: Message };

/** The mode for answering a message. */
export function replyMode(message: Pick<Message, "id" | "sid" | "author" | "body" | "cn">): ComposerMode {
  return { kind: "reply", message };
}

export interface ModeBarProps {
  mode: ComposerMode;
  ping: boolean;
  mayPing: boolean;
  onPing: (on: boolean) => void;
  onCancel: () => void;
}

/** Over the text field: whom one answers, or that one edits, and the way out. */
export function ModeBar({ mode, ping, mayPing, onPing, onCancel }: ModeBarProps) {
  const { t } = useLingui();
  const author = useUser(mode.message.author, mode.message.sid);
  const name = author ? nameOf(author) : t`somebody`;
  return (
    <div className={s.mode}>
      {mode.kind === "reply" ? <Reply size={16} aria-hidden="true" /> : <Pencil size={15} aria-hidden="true" />}
      <span className={s.modeText}>
        {mode.kind === "reply" ? <Trans>Answering {name}</Trans> : <Trans>Editing your message</Trans>}
      </span>
      {mode.kind === "reply" && mayPing ? (
        <ToggleButton
          className={cx(s.ping, ping && s.pingOn)}
          isSelected={ping}
          onChange={onPing}
        >
          {ping ? <Bell size={14} aria-hidden="true" /> : <BellOff size={14} aria-hidden="true" />}
          {ping ? <Trans>notified</Trans> : <Trans>not notified</Trans>}
        </ToggleButton>
      ) : null}
      <IconButton label={t`Cancel`} shortcut="Esc" onPress={onCancel}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
