import { KeyRound } from "lucide-react";
import { Trans } from "@lingui/react/macro";
import { api, type SessionCreated } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { deviceName } from "@kit/ui/device";
import { FormError } from "@kit/ui/FormError";
import { askPasskey } from "@kit/ui/passkey";
import { useSubmit } from "@kit/ui/useSubmit";

/** Signs in with whatever passkey the person chooses: neither name, nor password, nor code. */
export function PasskeySignIn({ primary = false, onSignedIn }: { primary?: boolean; onSignedIn: (created: SessionCreated) => void }) {
  const submit = useSubmit(async () => {
    const credential = await askPasskey();
    onSignedIn(await api.sessions.passkey({ credential, device: deviceName(navigator.userAgent) }));
  });
  return (
    <>
      <FormError error={submit.error} />
      <Button variant={primary ? "primary" : "quiet"} wide autoFocus={primary} icon={<KeyRound size={18} aria-hidden="true" />} isPending={submit.pending} onPress={() => void submit.run()}>
        <Trans>Use a passkey</Trans>
      </Button>
    </>
  );
}
