import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type AuthenticatorOffer } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { CopyField } from "@kit/ui/CopyField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Row, Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { QrCode } from "@kit/ui/QrCode";
import { TextField } from "@kit/ui/TextField";
import type { Proof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./AuthenticatorDialog.module.css";

/** Setting up an authenticator app: the picture or the key for the app, then a code from it. */
export function AuthenticatorDialog({ offer, proven, onClose, onDone }: { offer: AuthenticatorOffer; proven: Proof["proven"]; onClose: () => void; onDone: (codes: string[]) => void }) {
  const { t } = useLingui();
  const [code, setCode] = useState("");
  const submit = useSubmit(async () => {
    onDone((await proven(() => api.factors.confirmAuthenticator(code))).codes);
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim()) void submit.run();
  };
  return (
    <Dialog isOpen onClose={onClose} title={<Trans>Set up an authenticator app</Trans>} lead={<Trans>Open the app on your phone and let it read this picture.</Trans>}>
      <form onSubmit={onSubmit}>
        <Stack>
          <QrCode rows={offer.qr} label={t`QR code for the authenticator app; the key below says the same`} />
          <CopyField label={t`Or type this key into the app`} value={offer.secret.replace(/(.{4})(?=.)/g, "$1 ")} lines={2} quiet />
          <p className={s.here}>
            <a href={offer.uri}>
              <Trans>The app is on this device</Trans>
            </a>
          </p>
          <TextField label={t`Code that the app shows`} name="code" value={code} onChange={setCode} autoComplete="one-time-code" inputMode="numeric" spellCheck="false" error={fieldError(submit.error, "code")} />
          <FormError error={submit.error} fields={["code"]} />
          <Row>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" variant="primary" isDisabled={!code.trim()} isPending={submit.pending}>
              <Trans>Switch on</Trans>
            </Button>
          </Row>
        </Stack>
      </form>
    </Dialog>
  );
}
