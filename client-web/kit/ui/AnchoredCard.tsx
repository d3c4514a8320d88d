import type { ReactNode } from "react";
import { Dialog, Modal, ModalOverlay, Popover } from "react-aria-components";
import { cx } from "./cx";
import { usePhone } from "./useMedia";
import dialog from "./Dialog.module.css";
import s from "./AnchoredCard.module.css";

export interface AnchoredCardProps {
  anchor: Element;
  label: string;
  onClose: () => void;
  children: ReactNode;
}

/** A card beside what was clicked; on phones a sheet from below. Closes with Escape and by clicking beside it. */
export function AnchoredCard({ anchor, label, onClose, children }: AnchoredCardProps) {
  const phone = usePhone();
  const onOpenChange = (open: boolean) => {
    if (!open) onClose();
  };
  const content = (
    <Dialog aria-label={label} className={s.dialog ?? ""}>
      {children}
    </Dialog>
  );
  if (phone)
    return (
      <ModalOverlay isOpen onOpenChange={onOpenChange} isDismissable className={dialog.overlay ?? ""}>
        <Modal className={cx(dialog.modal)}>{content}</Modal>
      </ModalOverlay>
    );
  return (
    <Popover triggerRef={{ current: anchor }} isOpen onOpenChange={onOpenChange} placement="end top" offset={8} className={s.card ?? ""}>
      {content}
    </Popover>
  );
}
