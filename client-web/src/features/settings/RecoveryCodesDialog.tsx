import { Trans, useLingui } from "@lingui/react/macro";
import { Copy, Download } from "lucide-react";
import { useMe } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { saveText } from "@kit/ui/save-text";
import { toast } from "@kit/ui/Toasts";
import s from "./RecoveryCodesDialog.module.css";

/** New recovery codes, which nobody can show again: to be copied or saved. */
export function RecoveryCodesDialog({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { t } = useLingui();
  const { user } = useMe();
  const text = `${codes.join("\n")}\n`;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(t`The codes are copied.`);
    } catch {
      toast(t`The browser does not let pages copy. Mark the codes and copy them by hand.`);
    }
  };
  return (
    <Dialog
      isOpen
      role="alertdialog"
      onClose={onClose}
      title={<Trans>Keep these recovery codes</Trans>}
      lead={<Trans>If your phone or your passkey is lost, one of them takes its place. Each works once, and they are shown only now.</Trans>}
      footer={
        <>
          <Button icon={<Copy size={16} />} onPress={() => void copy()}>
            <Trans>Copy</Trans>
          </Button>
          <Button icon={<Download size={16} />} onPress={() => { saveText(`recovery-codes-${user.handle}.txt`, `${user.handle}@${user.domain}\n${text}`); }}>
            <Trans>Save</Trans>
          </Button>
          <Button variant="primary" onPress={onClose}>
            <Trans>I have kept them</Trans>
          </Button>
        </>
      }
    >
      <ul className={s.codes} aria-label={t`Recovery codes`}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </Dialog>
  );
}
