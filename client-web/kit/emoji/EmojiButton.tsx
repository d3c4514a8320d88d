import { cx } from "@kit/ui/cx";
import { Tooltip } from "@kit/ui/Tooltip";
import { useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useRef, useState, type ReactNode } from "react";
import { Button, Dialog, Popover } from "react-aria-components";
import s from "./Emoji.module.css";

const EmojiPicker = lazy(() => import("./EmojiPicker").then((m) => ({ default: m.EmojiPicker })));

export interface EmojiButtonProps {
  label: string;
  shortcut?: string;
  children: ReactNode;
  onPick: (emoji: string) => void;
  className?: string | undefined;
}

/** A button that opens the emoji picker and hands over what is chosen. */
export function EmojiButton({ label, shortcut, children, onPick, className }: EmojiButtonProps) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const trigger = useRef<HTMLButtonElement>(null);
  return (
    <>
      <Tooltip text={label} shortcut={shortcut}>
        <Button
          ref={trigger}
          className={cx(s.button, className)}
          aria-label={label}
          aria-haspopup="dialog"
          aria-expanded={open}
          onPress={() => setOpen(true)}
        >
          {children}
        </Button>
      </Tooltip>
      <Popover
        triggerRef={trigger}
        isOpen={open}
        onOpenChange={setOpen}
        placement="top end"
        className={s.popover ?? ""}
      >
        <Dialog className={s.dialog ?? ""} aria-label={t`Emoji`}>
          <Suspense fallback={<div className={s.loading} />}>
            <EmojiPicker
              onPick={(emoji) => {
                setOpen(false);
                onPick(emoji);
              }}
            />
          </Suspense>
        </Dialog>
      </Popover>
    </>
  );
}
