import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type AuthenticatorOffer, type Factors } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Note } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import { AuthenticatorDialog } from "./AuthenticatorDialog";

interface Props {
  factors: Factors;
  onAdded: (codes: string[]) => Promise<unknown>;
  onChanged: () => Promise<unknown>;
}

/** The authenticator app: setting it up, removing it. */
export function AuthenticatorSection({ factors, onAdded, onChanged }: Props) {
  const { t } = useLingui();
  const [offer, setOffer] = useState<AuthenticatorOffer | null>(null);
  const [removing, setRemoving] = useState(false);
  const proof = useProof();
  const begin = useSubmit(async () => {
    setOffer(await proof.proven(() => api.factors.offerAuthenticator()));
  });
  const last = factors.passkeys.length === 0;
  return (
    <Section title={<Trans>Authenticator app</Trans>} lead={t`An app on your phone shows a code that goes with your password. Somebody who learns the password alone cannot sign in.`}>
      {factors.authenticator ? (
        <>
          <Note tone="info">
            <Trans>On: signing in with the password asks for a code of your app.</Trans>
          </Note>
          <div>
            <Button onPress={() => { setRemoving(true); }}>
              <Trans>Remove the app</Trans>
            </Button>
          </div>
        </>
      ) : (
        <>
          <FormError error={begin.error} />
          <div>
            <Button isPending={begin.pending} onPress={() => void begin.run()}>
              <Trans>Set up an authenticator app</Trans>
            </Button>
          </div>
        </>
      )}
      {offer ? (
        <AuthenticatorDialog
          offer={offer}
          proven={proof.proven}
          onClose={() => {
            setOffer(null);
            // The answer to the code may have been lost.
            void onChanged();
          }}
          onDone={(made) => {
            setOffer(null);
            void onAdded(made);
            if (made.length === 0) toast(t`The authenticator app is on.`);
          }}
        />
      ) : null}
      <ConfirmDialog
        isOpen={removing}
        onClose={() => { setRemoving(false); }}
        title={<Trans>Remove the authenticator app?</Trans>}
        action={t`Remove the app`}
        danger
        onConfirm={async () => {
          await proof.proven(() => api.factors.removeAuthenticator());
          await onChanged();
          toast(last ? t`The password alone signs you in again.` : t`The authenticator app is removed.`);
        }}
      >
        {last ? <Trans>Your password alone is enough to sign in then, and your recovery codes stop working.</Trans> : <Trans>Your passkeys and your recovery codes go on.</Trans>}
      </ConfirmDialog>
      {proof.dialog}
    </Section>
  );
}
