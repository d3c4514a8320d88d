import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useLingui } from "@lingui/react/macro";
import { cx } from "./cx";
import { IconButton } from "./IconButton";
import s from "./Dialog.module.css";

export interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  /** One sentence under the title. */
  lead?: ReactNode;
  children?: ReactNode;
  /** Buttons at the end; the last one is the one that goes on. */
  footer?: ReactNode;
  size?: "small" | "normal" | "large";
  /** An act that must be answered: clicking beside it does not close it. */
  role?: "dialog" | "alertdialog";
}

/** A dialog over the page: traps the focus, closes with Escape, gives the focus back. A sheet from below on phones. */
export function Dialog({ isOpen, onClose, title, lead, children, footer, size = "normal", role = "dialog" }: DialogProps) {
  const { t } = useLingui();
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable={role === "dialog"}
      className={s.overlay ?? ""}
    >
      <Modal className={cx(s.modal, s[size])}>
        <AriaDialog role={role} className={s.dialog ?? ""}>
          <header className={s.head}>
            <div>
              <Heading slot="title" level={2} className={s.title}>
                {title}
              </Heading>
              {lead ? <p className={s.lead}>{lead}</p> : null}
            </div>
            <IconButton label={t`Close`} shortcut="Esc" onPress={onClose}>
              <X size={18} />
            </IconButton>
          </header>
          {children ? <div className={s.body}>{children}</div> : null}
          {footer ? <footer className={s.foot}>{footer}</footer> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
