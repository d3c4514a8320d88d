import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Redirect, useLocation, useSearch } from "wouter";
import { api, type SecondStep, type SessionCreated } from "@kit/api";
import { forgetReused, wasReused } from "@kit/api/renew";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Note, Stack } from "@kit/ui/Page";
import { PasswordField } from "@kit/ui/PasswordField";
import { passkeysSupported } from "@kit/ui/passkey";
import { fieldError } from "@kit/ui/problem";
import { returnTo, signInPath } from "@kit/ui/return-to";
import { useHash } from "@kit/ui/useHash";
import { useSubmit } from "@kit/ui/useSubmit";
import { HandleField } from "./AccountFields";
import { deviceName } from "@kit/ui/device";
import { CodeStep } from "./CodeStep";
import { InsecureNotice } from "./InsecureNotice";
import { PasskeySignIn } from "./PasskeySignIn";
import { ServiceSignIn, serviceWord, stepIn } from "./ServiceSignIn";

/** Signing in; afterwards the page goes on where `?return=` says. */
export function SignInPage() {
  const { t } = useLingui();
  const { instance, status, signedIn } = useSession();
  const [, navigate] = useLocation();
  const search = useSearch();
  const target = returnTo(search);
  const word = new URLSearchParams(search).get("oidc");
  const hash = useHash();
  const [handle, setHandle] = useState("");
  const [password, setPassword] = useState("");
  // The second step of a sign-in that another service began.
  const [step, setStep] = useState<SecondStep | null>(() => stepIn(hash));
  const enter = (created: SessionCreated) => {
    forgetReused();
    signedIn(created);
    navigate(target, { replace: true });
  };
  const submit = useSubmit(async () => {
    const answer = await api.sessions.signIn({ handle: localPart(handle, instance?.domain), password, device: deviceName(navigator.userAgent) });
    if ("sign_in" in answer) setStep(answer);
    else enter(answer);
  });

  if (status === "in" && !submit.pending) return <Redirect to={target} replace />;
  if (!instance) return null;
  if (instance.insecure) return <InsecureNotice />;
  if (step) return <CodeStep step={step} onSignedIn={enter} onBack={() => { setStep(null); }} />;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (handle && password) void submit.run();
  };
  return (
    <CardPage
      title={<Trans>Welcome back</Trans>}
      lead={t`Sign in to ${instance.name || instance.domain}.`}
      after={
        <>
          {instance.registration === "open" || instance.registration === "approval" ? (
            <p>
              <Trans>
                No account here yet? <Link href={signInPath(target, "sign-up")}>Create one</Link>
              </Trans>
            </p>
          ) : null}
          <p>
            {instance.mail ? (
              <Link href="/forgot">
                <Trans>Forgot your password?</Trans>
              </Link>
            ) : (
              <Trans>Forgot your password? Whoever runs this place can give you a recovery link.</Trans>
            )}
          </p>
        </>
      }
    >
      <form onSubmit={onSubmit}>
        <Stack>
          {word ? <Note tone="warn">{serviceWord(word)}</Note> : null}
          {instance.former_domain ? (
            <Note>
              <Trans>
                {instance.domain} was {instance.former_domain.domain} until lately. Sign in with the same name and password. Passkeys made there do not work
                here: in their place use a recovery code, or ask whoever runs this place.
              </Trans>
            </Note>
          ) : null}
          {wasReused() ? (
            <Note tone="warn">
              <Trans>You were signed out: this sign-in was used from somewhere else as well. Sign in again, then change your password and look through your devices.</Trans>
            </Note>
          ) : null}
          {instance.setup_required ? (
            <Note tone="warn">
              <Trans>This place has not been set up yet. Open the set-up address that the service printed when it started.</Trans>
            </Note>
          ) : null}
          <HandleField value={handle} onChange={setHandle} domain={instance.domain} error={submit.error} autoFocus {...(instance.mail ? { label: t`Name or e-mail address` } : {})} />
          <PasswordField label={t`Password`} name="password" value={password} onChange={setPassword} autoComplete="current-password" isRequired error={fieldError(submit.error, "password")} />
          <FormError error={submit.error} fields={["handle", "password"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending}>
            <Trans>Sign in</Trans>
          </Button>
          {instance.passkeys && passkeysSupported() ? <PasskeySignIn onSignedIn={enter} /> : null}
          {instance.services.map((service) => (
            <ServiceSignIn key={service.id} service={service} target={target} />
          ))}
        </Stack>
      </form>
    </CardPage>
  );
}

/** People also type their whole address; the part after the @ is this place's when it is left out. */
function localPart(handle: string, domain: string | undefined): string {
  return domain && handle.endsWith(`@${domain}`) ? handle.slice(0, -domain.length - 1) : handle;
}
