import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Redirect, useLocation, useSearch } from "wouter";
import { api } from "@kit/api";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { PasswordField } from "@kit/ui/PasswordField";
import { fieldError } from "@kit/ui/problem";
import { returnTo, signInPath } from "@kit/ui/return-to";
import { StrengthMeter } from "@kit/ui/StrengthMeter";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { HandleField } from "./AccountFields";
import { InsecureNotice } from "./InsecureNotice";

/** Creating an account; afterwards the page goes on where `?return=` says. */
export function SignUpPage() {
  const { t } = useLingui();
  const { instance, status, signedIn } = useSession();
  const [, navigate] = useLocation();
  const target = returnTo(useSearch());
  const [handle, setHandle] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const submit = useSubmit(async () => {
    const name = displayName.trim();
    const created = await api.register({ handle, password, ...(name ? { display_name: name } : {}) });
    signedIn(created);
    navigate(target, { replace: true });
  });

  if (status === "in" && !submit.pending) return <Redirect to={target} replace />;
  if (!instance) return null;
  if (instance.insecure) return <InsecureNotice />;
  const signIn = (
    <Trans>
      Already have an account here? <Link href={signInPath(target)}>Sign in</Link>
    </Trans>
  );
  if (instance.registration !== "open")
    return (
      <CardPage title={<Trans>No new accounts here</Trans>} after={signIn}>
        <p>
          {instance.registration === "invite"
            ? t`${instance.domain} creates accounts by invitation only. Ask somebody who runs it.`
            : t`${instance.domain} does not take new accounts at the moment. You can join its communities with an account of another place.`}
        </p>
      </CardPage>
    );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (handle && password) void submit.run();
  };
  const least = instance.limits.password_min;
  return (
    <CardPage title={<Trans>Create your account</Trans>} lead={t`It lives at ${instance.domain} and works in communities everywhere.`} after={signIn}>
      <form onSubmit={onSubmit}>
        <Stack>
          <HandleField
            value={handle}
            onChange={setHandle}
            domain={instance.domain}
            error={submit.error}
            autoFocus
            help={handle ? t`People everywhere will find you as ${handle}@${instance.domain}.` : t`Small letters, digits and - _ . are allowed.`}
          />
          <TextField label={t`Name to show (you can change it later)`} value={displayName} onChange={setDisplayName} autoComplete="nickname" maxLength={64} error={fieldError(submit.error, "display_name")} />
          <PasswordField label={t`Password`} name="password" value={password} onChange={setPassword} autoComplete="new-password" isRequired help={t`At least ${least} characters.`} error={fieldError(submit.error, "password")} />
          <StrengthMeter password={password} about={[handle, displayName, instance.domain]} />
          <FormError error={submit.error} fields={["handle", "password", "display_name"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending}>
            <Trans>Create account</Trans>
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
