import { MemberList } from "@/features/members/MemberList";
import { useLingui } from "@lingui/react/macro";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import s from "./App.module.css";

/** The member list over the messages, where there is no room beside them. */
export function MemberDrawer({ sid, cid, onClose }: { sid: string; cid: string; onClose: () => void }) {
  const { t } = useLingui();
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && onClose()} className={s.drawerOverlay ?? ""}>
      <Modal className={s.drawer ?? ""}>
        <Dialog className={s.drawerDialog ?? ""} aria-label={t`Members`}>
          <MemberList sid={sid} cid={cid} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
