import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type Server } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { CheckField } from "@kit/ui/CheckField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./LeaveDialog.module.css";

/** Leaving a community, and taking along everything that one wrote there. */
export function LeaveDialog({ server, onClose, onLeft }: { server: Server; onClose: () => void; onLeft: () => void }) {
  const { t } = useLingui();
  const sync = useSync();
  const proof = useProof();
  const [erases, setErases] = useState(false);
  const submit = useSubmit(async () => {
    if (erases) {
      await proof.proven(() => dataApi.erase(server.id, true));
      toast(t`What you wrote there is being erased. Settings, “Your data” show how far it is.`);
    } else {
      await api.servers.leave(server.id);
    }
    sync.forgetServer(server.id);
    onLeft();
  });
  return (
    <>
      <Dialog
        isOpen
        onClose={onClose}
        role="alertdialog"
        size="small"
        title={<Trans>Leave {server.name}?</Trans>}
        footer={
          <>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button variant="danger" isPending={submit.pending} onPress={() => void submit.run()}>
              {erases ? <Trans>Leave and erase</Trans> : <Trans>Leave</Trans>}
            </Button>
          </>
        }
      >
        <p>{server.public ? <Trans>You can join again at any time.</Trans> : <Trans>To come back you need an invitation.</Trans>}</p>
        <CheckField isSelected={erases} onChange={setErases} isDisabled={submit.pending}>
          <Trans>Erase everything that I posted here</Trans>
        </CheckField>
        <p className={s.more}>
          {erases ? (
            <Trans>
              Your messages with their earlier versions, your files and your reactions are erased on {server.hub_domain} and on every instance that holds a copy. Each of them confirms it. This cannot be undone. What somebody saved or quoted stays with them.
            </Trans>
          ) : (
            <Trans>Otherwise what you wrote stays there, under your name.</Trans>
          )}
        </p>
        <FormError error={submit.error} />
      </Dialog>
      {proof.dialog}
    </>
  );
}
