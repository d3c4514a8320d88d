import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, isProblem, type SecondStep, type SessionCreated } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { deviceName } from "@kit/ui/device";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { passkeysSupported } from "@kit/ui/passkey";
import { fieldError } from "@kit/ui/problem";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { PasskeySignIn } from "./PasskeySignIn";

/** The second step of signing in: a passkey, a code of the authenticator app, or a recovery code. */
export function CodeStep({ step, onSignedIn, onBack }: { step: SecondStep; onSignedIn: (created: SessionCreated) => void; onBack: () => void }) {
  const { t } = useLingui();
  const [recovery, setRecovery] = useState(!step.authenticator);
  const passkey = step.passkey && passkeysSupported();
  /** No app shows a code: the passkey is what is meant. */
  const only = passkey && !step.authenticator;
  const [code, setCode] = useState("");
  const submit = useSubmit(async (typed: string) => {
    onSignedIn(await api.sessions.code({ sign_in: step.sign_in, code: typed, device: deviceName(navigator.userAgent) }));
  });
  const over = isProblem(submit.error, "gone");
  const type = (text: string) => {
    setCode(text);
    // Six digits are all there is: nobody has to press a button for them.
    if (!recovery && /^\d{3}\s?\d{3}$/.test(text.trim()) && !over) void submit.run(text);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() && !over) void submit.run(code);
  };
  const other = () => {
    setRecovery(!recovery);
    setCode("");
    submit.clear();
  };
  const lead = recovery ? (only ? t`Use your passkey, or type one of the recovery codes that you kept.` : t`Type one of the recovery codes that you kept. Each works once.`) : t`Type the code that your authenticator app shows now.`;
  return (
    <CardPage title={<Trans>One more step</Trans>} lead={lead}>
      <form onSubmit={onSubmit}>
        <Stack>
          {passkey && !over ? <PasskeySignIn primary={only} onSignedIn={onSignedIn} /> : null}
          <TextField
            key={recovery ? "recovery" : "app"}
            label={recovery ? t`Recovery code` : t`Code`}
            name="code"
            value={code}
            onChange={type}
            autoComplete="one-time-code"
            inputMode={recovery ? "text" : "numeric"}
            spellCheck="false"
            autoFocus={!only}
            isDisabled={over}
            error={fieldError(submit.error, "code")}
          />
          <FormError error={submit.error} fields={["code"]} />
          {over ? (
            <Button variant="primary" wide onPress={onBack}>
              <Trans>Begin again</Trans>
            </Button>
          ) : (
            <>
              <Button type="submit" variant={only ? "quiet" : "primary"} wide isPending={submit.pending}>
                <Trans>Sign in</Trans>
              </Button>
              {step.authenticator ? (
                <Button variant="plain" wide onPress={other}>
                  {recovery ? t`Use the authenticator app` : t`Use a recovery code instead`}
                </Button>
              ) : null}
            </>
          )}
        </Stack>
      </form>
    </CardPage>
  );
}
