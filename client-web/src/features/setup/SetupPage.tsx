import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useLocation, useSearch } from "wouter";
import { api, isProblem } from "@kit/api";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { deviceName } from "@kit/ui/device";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Note, Stack } from "@kit/ui/Page";
import { PasswordField } from "@kit/ui/PasswordField";
import { fieldError } from "@kit/ui/problem";
import { StrengthMeter } from "@kit/ui/StrengthMeter";
import { Affix, TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";

/** First run: the person with the one-time address becomes the administrator. */
export function SetupPage() {
  const { t } = useLingui();
  const { instance, signedIn } = useSession();
  const [, navigate] = useLocation();
  const token = new URLSearchParams(useSearch()).get("token") ?? "";
  const [instanceName, setInstanceName] = useState("");
  const [handle, setHandle] = useState("");
  const [password, setPassword] = useState("");
  const submit = useSubmit(async () => {
    const name = instanceName.trim();
    const created = await api.setup({ token, handle, password, device: deviceName(navigator.userAgent), ...(name ? { instance_name: name } : {}) });
    signedIn(created);
    navigate("/", { replace: true });
  });
  if (!instance) return null;
  if (!instance.setup_required && !submit.pending)
    return (
      <CardPage title={<Trans>This place is set up already</Trans>}>
        <p>
          <Link href="/sign-in">
            <Trans>Go to the sign-in page</Trans>
          </Link>
        </p>
      </CardPage>
    );
  if (instance.insecure)
    return (
      <CardPage title={<Trans>This connection is not encrypted</Trans>}>
        <p>
          <Trans>The administrator's password would travel in the clear. Set up https first, or open this page on the machine itself at http://localhost.</Trans>
        </p>
      </CardPage>
    );
  if (!token)
    return (
      <CardPage title={<Trans>The address is not complete</Trans>}>
        <p>
          <Trans>Open the whole set-up address that the service printed when it started. It ends with a long secret.</Trans>
        </p>
      </CardPage>
    );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (handle && password) void submit.run();
  };
  return (
    <CardPage title={<Trans>Set up your place</Trans>} lead={t`This account will look after ${instance.domain}.`}>
      <form onSubmit={onSubmit}>
        <Stack>
          <TextField label={t`What is this place called?`} value={instanceName} onChange={setInstanceName} placeholder={instance.name || instance.domain} maxLength={64} autoFocus error={fieldError(submit.error, "instance_name")} />
          <TextField
            label={t`Your name here`}
            name="username"
            value={handle}
            onChange={(text) => {
              setHandle(text.trim().toLowerCase());
            }}
            autoComplete="username"
            spellCheck="false"
            isRequired
            after={<Affix>@{instance.domain}</Affix>}
            error={fieldError(submit.error, "handle")}
          />
          <PasswordField label={t`Password`} name="password" value={password} onChange={setPassword} autoComplete="new-password" isRequired help={t`At least ${instance.limits.password_min} characters. It protects everybody here.`} error={fieldError(submit.error, "password")} />
          <StrengthMeter password={password} about={[handle, instance.domain, instanceName]} />
          <FormError error={submit.error} fields={["handle", "password", "instance_name"]} />
          {isProblem(submit.error, "setup_token_invalid") ? (
            <Note>
              <Trans>A new address is printed at every start until the set-up is done; it is also in the file setup-url of the data folder.</Trans>
            </Note>
          ) : null}
          <Button type="submit" variant="primary" wide isPending={submit.pending}>
            <Trans>Finish</Trans>
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
