import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { KeyRound } from "lucide-react";
import { api } from "@kit/api";
import { useMe, useSession } from "@kit/live";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { FormError } from "./FormError";
import { ServiceProof } from "./ServiceProof";
import { Row, Stack } from "./Page";
import { askPasskey, passkeysSupported } from "./passkey";
import { PasswordField } from "./PasswordField";
import { fieldError } from "./problem";
import { FailedState, SkeletonRows } from "./States";
import { TextField } from "./TextField";
import { useSubmit } from "./useSubmit";

/** Asks who is there before a dangerous act: a passkey, or the password, and a code where there is a second factor. */
export function ProofDialog({ onDone }: { onDone: (proven: boolean) => void }) {
  const { t } = useLingui();
  const { instance } = useSession();
  const { password: has } = useMe();
  // As it is now: a factor may have been switched on or off on another device.
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => api.factors.get(), staleTime: 0, refetchOnWindowFocus: false });
  const app = factors.data?.authenticator ?? false;
  const some = (factors.data?.passkeys.length ?? 0) > 0;
  const passkey = some && passkeysSupported() && (instance?.passkeys ?? false);
  const withCode = app || some;
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const submit = useSubmit(() => api.sessions.prove({ password, ...(code ? { code } : {}) }));
  const byPasskey = useSubmit(async () => {
    await api.sessions.prove({ passkey: await askPasskey() });
    onDone(true);
  });
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    // It lies inside of another form where the act is a form's.
    event.stopPropagation();
    if (password && (await submit.run())) onDone(true);
  };
  const cancel = () => {
    onDone(false);
  };
  return (
    <Dialog isOpen size="small" onClose={cancel} title={<Trans>Is it you?</Trans>} lead={<Trans>This cannot be left to whoever finds your device open, so that you are asked once more.</Trans>}>
      {factors.isFetching ? <SkeletonRows rows={2} label={t`Loading`} /> : null}
      {factors.isError && !factors.isFetching ? <FailedState error={factors.error} onRetry={() => void factors.refetch()} /> : null}
      {factors.data && !factors.isFetching ? (
        <form onSubmit={(event) => void onSubmit(event)}>
          <Stack>
            {passkey ? (
              <>
                <FormError error={byPasskey.error} />
                <Button variant="primary" wide autoFocus icon={<KeyRound size={18} aria-hidden="true" />} isPending={byPasskey.pending} onPress={() => void byPasskey.run()}>
                  <Trans>Use a passkey</Trans>
                </Button>
              </>
            ) : null}
            {has ? null : <ServiceProof />}
            {has ? (
              <>
            <PasswordField label={t`Your password`} value={password} onChange={setPassword} autoComplete="current-password" autoFocus={!passkey} error={fieldError(submit.error, "password")} />
            {withCode ? <TextField label={t`Code`} help={app ? t`From your authenticator app, or one of your recovery codes.` : t`One of your recovery codes.`} value={code} onChange={setCode} autoComplete="one-time-code" spellCheck="false" error={fieldError(submit.error, "code")} /> : null}
            <FormError error={submit.error} fields={withCode ? ["password", "code"] : ["password"]} />
              </>
            ) : null}
            <Row>
              <Button onPress={cancel}>
                <Trans>Cancel</Trans>
              </Button>
              {has ? (
                <Button type="submit" variant={passkey ? "quiet" : "primary"} isDisabled={!password} isPending={submit.pending}>
                  <Trans>Go on</Trans>
                </Button>
              ) : null}
            </Row>
          </Stack>
        </form>
      ) : null}
    </Dialog>
  );
}
