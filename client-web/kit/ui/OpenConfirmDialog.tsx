import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "./Button";
import type { ConfirmDialogProps } from "./ConfirmDialog";
import { Dialog } from "./Dialog";
import { FormError } from "./FormError";
import { TextField } from "./TextField";
import { useSubmit } from "./useSubmit";

/** The dialog behind `ConfirmDialog`, which loads it when it first opens. */
export function OpenConfirmDialog({ onClose, title, children, action, danger, typedName, askReason, onConfirm }: ConfirmDialogProps) {
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
