import { useState, type ReactNode } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { FormError } from "./FormError";
import { TextField } from "./TextField";
import { useSubmit } from "./useSubmit";

export interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  /** What will happen and what cannot be undone. */
  children: ReactNode;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
  /** For acts that destroy much: the name that must be typed first. */
  typedName?: string;
  /** Asks for a reason that goes with the act. */
  askReason?: boolean;
  onConfirm: (reason: string) => Promise<unknown>;
}

/** Asks before something that cannot be taken back. Closes when it has worked, stays and says why when not. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return props.isOpen ? <OpenConfirmDialog {...props} /> : null;
}

function OpenConfirmDialog({ onClose, title, children, action, danger, typedName, askReason, onConfirm }: ConfirmDialogProps) {
  const { t } = useLingui();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const submit = useSubmit(async () => onConfirm(reason.trim()));
  const ready = typedName === undefined || typed.trim() === typedName.trim();
  const go = async () => {
    if (ready && (await submit.run())) onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      role="alertdialog"
      size="small"
      title={title}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button variant={danger ? "danger" : "primary"} isDisabled={!ready} isPending={submit.pending} onPress={() => void go()}>
            {action}
          </Button>
        </>
      }
    >
      <div>{children}</div>
      {askReason ? <TextField label={t`Reason (the person and the moderators can read it)`} value={reason} onChange={setReason} maxLength={300} /> : null}
      {typedName !== undefined ? (
        <TextField label={t`Type “${typedName}” to go on`} value={typed} onChange={setTyped} autoComplete="off" spellCheck="false" onKeyDown={(event) => { if (event.key === "Enter") void go(); }} />
      ) : null}
      <FormError error={submit.error} />
    </Dialog>
  );
}
