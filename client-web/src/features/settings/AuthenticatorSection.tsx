import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { api, type AuthenticatorOffer } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Note } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import { AuthenticatorDialog } from "./AuthenticatorDialog";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog";
import s from "./AuthenticatorSection.module.css";

/** With so few recovery codes left it is time for new ones. */
const FEW = 3;

/** The second factor: setting it up, new recovery codes, removing it. */
export function AuthenticatorSection() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => api.factors.get() });
  const [offer, setOffer] = useState<AuthenticatorOffer | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [removing, setRemoving] = useState(false);
  const proof = useProof();
  const begin = useSubmit(async () => {
    setOffer(await proof.proven(() => api.factors.offerAuthenticator()));
  });
  const renew = useSubmit(async () => {
    setCodes((await proof.proven(() => api.factors.renewCodes())).codes);
    await refresh();
  });
  const refresh = () => queries.invalidateQueries({ queryKey: ["factors"] });
  if (factors.isPending) return <SkeletonRows rows={2} label={t`Loading`} />;
  if (factors.isError) return <FailedState error={factors.error} onRetry={() => void factors.refetch()} />;
  const { authenticator: on, recovery_codes: left } = factors.data;
  return (
    <Section title={<Trans>Two steps to sign in</Trans>} lead={t`With an authenticator app on your phone, somebody who learns your password still cannot sign in.`}>
      {on ? (
        <>
          <Note tone={left <= FEW ? "warn" : "info"}>
            <strong>
              <Trans>On: a sign-in asks for a code of your app.</Trans>
            </strong>
            <Plural value={left} _0="No recovery code is left. Make new ones, or a lost phone locks you out." one="One recovery code is left." other="# recovery codes are left." />
          </Note>
          <FormError error={renew.error} />
          <div className={s.acts}>
            <Button isPending={renew.pending} onPress={() => void renew.run()}>
              <Trans>New recovery codes</Trans>
            </Button>
            <Button onPress={() => { setRemoving(true); }}>
              <Trans>Remove the app</Trans>
            </Button>
          </div>
        </>
      ) : (
        <>
          <FormError error={begin.error} />
          <div>
            <Button variant="primary" isPending={begin.pending} onPress={() => void begin.run()}>
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
            void refresh();
          }}
          onDone={(made) => {
            setOffer(null);
            setCodes(made);
            void refresh();
          }}
        />
      ) : null}
      {codes ? <RecoveryCodesDialog codes={codes} onClose={() => { setCodes(null); }} /> : null}
      <ConfirmDialog
        isOpen={removing}
        onClose={() => { setRemoving(false); }}
        title={<Trans>Remove the authenticator app?</Trans>}
        action={t`Remove the app`}
        danger
        onConfirm={async () => {
          await proof.proven(() => api.factors.removeAuthenticator());
          await refresh();
          toast(t`The password alone signs you in again.`);
        }}
      >
        <Trans>Your password alone is enough to sign in then, and your recovery codes stop working.</Trans>
      </ConfirmDialog>
      {proof.dialog}
    </Section>
  );
}
