import { useState, type FormEvent, type ReactNode } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type AddedPasskey, type Passkey } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { deviceName } from "@kit/ui/device";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Row, Stack } from "@kit/ui/Page";
import { createPasskey } from "@kit/ui/passkey";
import { fieldError } from "@kit/ui/problem";
import { TextField } from "@kit/ui/TextField";
import type { Proof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";

/** A new passkey: its name, then the browser asks for the rest. */
export function PasskeyDialog({ first, proven, onClose, onDone }: { first: boolean; proven: Proof["proven"]; onClose: () => void; onDone: (added: AddedPasskey) => void }) {
  const { t } = useLingui();
  const add = async (name: string) => {
    const options = await proven(() => api.factors.passkeyOptions());
    const credential = await createPasskey(options);
    onDone(await proven(() => api.factors.addPasskey({ name, credential })));
  };
  return (
    <NameDialog
      title={<Trans>Add a passkey</Trans>}
      lead={first ? <Trans>From then on, whoever signs in with your password needs the passkey or a recovery code, too.</Trans> : <Trans>Give it a name by which you know it again. Then your browser asks where to keep it.</Trans>}
      name={deviceName(navigator.userAgent)}
      action={t`Go on`}
      onClose={onClose}
      onName={add}
    />
  );
}

/** Another name for a passkey. */
export function RenamePasskeyDialog({ passkey, onClose, onDone }: { passkey: Passkey; onClose: () => void; onDone: () => void }) {
  const { t } = useLingui();
  const rename = async (name: string) => {
    await api.factors.renamePasskey(passkey.id, name);
    onDone();
  };
  return <NameDialog title={<Trans>Rename the passkey</Trans>} name={passkey.name} action={t`Save`} onClose={onClose} onName={rename} />;
}

function NameDialog({ title, lead, name: begin, action, onClose, onName }: { title: ReactNode; lead?: ReactNode; name: string; action: string; onClose: () => void; onName: (name: string) => Promise<void> }) {
  const { t } = useLingui();
  const [name, setName] = useState(begin);
  const submit = useSubmit(() => onName(name.trim()));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) void submit.run();
  };
  return (
    <Dialog isOpen size="small" onClose={onClose} title={title} lead={lead}>
      <form onSubmit={onSubmit}>
        <Stack>
          <TextField label={t`Name of the passkey`} name="passkey-name" value={name} onChange={setName} maxLength={64} autoComplete="off" autoFocus error={fieldError(submit.error, "name")} />
          <FormError error={submit.error} fields={["name"]} />
          <Row>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" variant="primary" isDisabled={!name.trim()} isPending={submit.pending}>
              {action}
            </Button>
          </Row>
        </Stack>
      </form>
    </Dialog>
  );
}
